//! How a process ends: asked, forced, dropped, forgotten.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testbed::Error;
use testbed::postgres::{Options, Postgres};

use crate::DEADLINE;
use crate::process::shell;

fn exists(pid: u32) -> bool {
    // A zombie that a container's init never reaps has ended too.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|text| !text.contains(") Z "))
}

#[tokio::test]
async fn a_process_is_asked_to_stop_and_says_how_it_ended() {
    let script = "trap 'echo draining; exit 7' TERM; echo up; while :; do sleep 0.01; done";
    let process = shell(script).start().expect("sh starts");
    process.wait_for_line("up", DEADLINE).await.expect("it starts");
    let status = process.stop(DEADLINE).await.expect("it ends in time");
    assert_eq!(status.code(), Some(7));
    assert!(process.output().contains("draining"));
}

#[tokio::test]
async fn a_process_that_does_not_stop_in_time_is_killed_and_reported() {
    let process = shell("trap '' TERM; echo up; while :; do sleep 0.01; done").start().expect("sh starts");
    process.wait_for_line("up", DEADLINE).await.expect("it starts");
    let stopped = process.stop(Duration::from_millis(100)).await;
    let text = stopped.expect_err("it ignores SIGTERM").to_string();
    assert!(text.contains("no end after SIGTERM within 100ms"), "{text}");
    assert!(!process.is_running());
}

#[tokio::test]
async fn stopping_a_process_that_has_ended_is_no_error() {
    let process = shell("exit 4").start().expect("sh starts");
    process.wait(DEADLINE).await.expect("it ends");
    let status = process.stop(DEADLINE).await.expect("there is nothing to stop");
    assert_eq!(status.code(), Some(4));
}

#[tokio::test]
async fn a_signal_to_a_process_that_has_ended_goes_to_nobody() {
    let process = shell("exit 0").start().expect("sh starts");
    process.wait(DEADLINE).await.expect("it ends");
    let sent = process.signal(Signal::SIGTERM);
    assert!(matches!(sent, Err(Error::Ended { .. })), "{sent:?}");
}

#[tokio::test]
async fn a_dropped_process_is_gone_with_its_temporary_log() {
    let process = shell("exec sleep 60").start().expect("sh starts");
    let (pid, log) = (process.pid(), process.log().to_owned());
    assert!(exists(pid) && log.exists());
    drop(process);
    assert!(!exists(pid) && !log.exists());
}

/// Tells the other run of this program below that it is the one.
const OTHER: &str = "TESTBED_IS_THE_OTHER_RUN";

#[tokio::test]
async fn what_is_never_dropped_ends_with_the_test_that_started_it() {
    // Another run of this test binary starts a Postgres and is killed.
    let own = std::env::current_exe().expect("this program has a path");
    let mut other = std::process::Command::new(own)
        .args(["--exact", "process_end::the_other_run", "--nocapture"])
        .env(OTHER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts once more");
    let output = BufReader::new(other.stdout.take().expect("it is piped"));
    let started = output.lines().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("STARTED ")?;
        let (pid, folder) = rest.split_once(' ')?;
        Some((pid.parse::<u32>().ok()?, PathBuf::from(folder)))
    });
    let (pid, folder) = started.expect("it started one");
    assert!(exists(pid) && folder.exists());
    let other_pid = Pid::from_raw(i32::try_from(other.id()).expect("a pid fits"));
    kill(other_pid, Signal::SIGKILL).expect("it can be killed");
    other.wait().expect("it is ours");
    let left = async || exists(pid) || folder.exists();
    testbed::wait::until(DEADLINE, "nothing left", async || !left().await).await.expect("its guard sees to it");
}

#[tokio::test]
async fn the_other_run() {
    if std::env::var_os(OTHER).is_none() {
        return;
    }
    let postgres = Postgres::start(Options::temporary()).await.expect("postgres starts");
    let log = postgres.process().log().to_owned();
    let folder = log.parent().expect("it is in a folder");
    println!("STARTED {} {}", postgres.process().pid(), folder.display());
    std::thread::sleep(Duration::from_secs(600));
}
