//! Crowds of connections, on a machine with 256 MB: whatever they do, the function stays within that and serves others.

use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use testbed::wait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::support::{MemoryGroup, Running, bare};

/// What the machine has.
const MACHINE: u64 = 256 << 20;

/// As many as one client can open, from one address.
const CROWD: usize = 12_000;

/// Where this many connections are not to be had, as many as there are.
fn crowd() -> usize {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("there is a limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("it is the hard one");
    CROWD.min(usize::try_from(hard).expect("a count") * 3 / 4)
}

/// Longer than a crowd needs on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one of a crowd sends, and how much it reads of the answer.
#[derive(Clone, Copy)]
struct One {
    sends: &'static [u8],
    reads: usize,
}

const PAGE: &[u8] = b"GET /bytes/80000 HTTP/1.1\r\nHost: crowd\r\n\r\n";

/// Its connection, which it keeps. It is nothing to it if it is refused or cut.
async fn join(address: SocketAddr, one: One) -> Option<TcpStream> {
    let mut stream = timeout(PATIENCE, TcpStream::connect(address)).await.ok()?.ok()?;
    let _ = stream.write_all(one.sends).await;
    let mut answer = vec![0; 16 * 1024];
    let mut read = 0;
    while read < one.reads {
        match timeout(PATIENCE, stream.read(&mut answer)).await {
            Ok(Ok(bytes @ 1..)) => read += bytes,
            _ => break,
        }
    }
    Some(stream)
}

/// All of them at once, at most some hundred of whom are still coming.
async fn gather(address: SocketAddr, one: One) -> Vec<TcpStream> {
    let (mut coming, mut all) = (JoinSet::new(), Vec::new());
    for _ in 0..crowd() {
        coming.spawn(join(address, one));
        if coming.len() >= 500 {
            all.extend(coming.join_next().await.and_then(|one| one.expect("no panic")));
        }
    }
    all.extend(coming.join_all().await.into_iter().flatten());
    all
}

/// A line of `/proc/PID/status`, in MB.
fn memory(function: &Running, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.pid())).expect("it runs");
    let text = status.lines().find_map(|its| its.strip_prefix(line)).expect("there is one");
    text.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1_024
}

async fn others_are_served(function: &Running, what: &str) {
    let served = async || matches!(timeout(Duration::from_secs(5), function.get("/work/1")).await, Ok(answer) if answer.status == 200);
    wait::until(PATIENCE, what, served).await.unwrap_or_else(|error| panic!("{error}: {}", function.output()));
}

#[tokio::test]
async fn no_crowd_takes_more_memory_than_a_small_machine_has() {
    let group = MemoryGroup::of(MACHINE);
    let Some(group) = group else {
        println!("this machine lets nobody make a control group: what is measured is not bounded by one");
        return crowds(&bare().ready().await, u64::MAX).await;
    };
    crowds(&bare().within(&group).ready().await, MACHINE >> 20).await;
}

async fn crowds(function: &Running, most: u64) {
    let head: &[u8] =
        [b"GET / HTTP/1.1\r\nHost: crowd\r\nX: ".as_slice(), &[b'x'; 100_000], b"\r\n\r\n"].concat().leak();
    for (what, one) in [
        ("large heads", One { sends: head, reads: usize::MAX }),
        ("half heads", One { sends: &head[..15_000], reads: 0 }),
        ("large pages", One { sends: PAGE, reads: 80_000 }),
    ] {
        let began = std::time::Instant::now();
        let crowd = gather(function.address, one).await;
        others_are_served(function, what).await;
        println!(
            "{what}: {} connections in {:.1?}; {} MB, {} at most",
            crowd.len(),
            began.elapsed(),
            memory(function, "VmRSS"),
            memory(function, "VmHWM")
        );
        assert!(memory(function, "VmHWM") < most, "{what}");
        drop(crowd);
        let gone = async || function.metric("board_client_connections").await.is_some_and(|open| open < 10.0);
        wait::until(PATIENCE, "they are gone", gone).await.expect("nobody is there any more");
        println!("    afterwards {} MB", memory(function, "VmRSS"));
    }
}
