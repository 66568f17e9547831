//! Clients that are slow, or ask nothing at all, on three quarters of a machine's open files: they are cut in time or
//! bounded, and everybody else is served as if they were not there.

mod slow;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use testbed::board::Part;
use testbed::http::Answer;
use testbed::load::{Arrivals, Ask, Connection, Lost, Plan, Report, Script, Steady};
use testbed::process::{Command, Process};
use testbed::wait;

use self::slow::{ANSWERS, End, Kind, Slow};
use super::fleet::{Fleet, MACHINES};
use super::scene::{Scene, database};
use super::scripts::{Reads, SlowName};
use super::watch::Question;
use super::{meters, table};

/// What the machine may open. Other than on a real one, this process can open as many beside its own.
const FILES: u32 = 1_024;

/// Three quarters of that, and the bodies that make room. Those that a machine waits for least come last.
const CROWD: [(Kind, usize); 6] = [
    (Kind::Idle, 200),
    (Kind::Reader, 8),
    (Kind::Silent, 100),
    (Kind::FirstHead, 100),
    (Kind::NextHead, 104),
    (Kind::Body, BODIES + MORE_BODIES),
];

/// Bodies that may be coming at a time, and those of the crowd beside them: the ones that have been coming longest make
/// room.
const BODIES: usize = 256;
const MORE_BODIES: usize = 84;

/// When a machine cuts a head, a silence or an answer: after 10 s, where it looks once a second and then lets a second pass
/// for what is still under way. The rest is for a busy machine.
const CUT: RangeInclusive<Duration> = Duration::from_secs(9)..=Duration::from_secs(14);

/// When a machine cuts a body: after 5 s, and the second; none is sooner but those that make room.
const CUT_BODY: RangeInclusive<Duration> = Duration::from_millis(4_500)..=Duration::from_secs(9);

/// How long an ordinary client's body takes.
const BODY_TAKES: Duration = Duration::from_millis(50);

/// When a reader has been cut for certain: its time begins when the buffers are full, which takes a busy machine seconds.
const READER_CUT: Duration = Duration::from_secs(18);

/// Bound for what has no time of its own.
const SOON: Duration = Duration::from_secs(10);

/// What an ordinary client waits at most, of a hundred all but one, and anyone.
const P99: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(3);

/// When somebody who comes after them has to be served.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The ordinary clients, who are no part of the crowd.
const ORDINARY: usize = 32;

/// The longest description that a job may have, each character of four bytes.
const LONG: &str = "UPDATE jobs SET description = repeat('\u{1fa9c}', 20000) WHERE id = $1::text::uuid";
const LONG_BYTES: usize = 80_000;

/// Each request over a new connection.
struct Anew<S>(S);

impl<S: Script> Script for Anew<S> {
    fn ask(&self, number: u64) -> Ask {
        self.0.ask(number).header("connection", "close")
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        self.0.judge(number, answer)
    }
}

/// Ordinary clients, over kept connections and over new ones, those whose bodies come a little after their heads, and
/// those who ask whether it lives and may be routed to.
struct Ordinary(Vec<Steady>);

impl Ordinary {
    async fn start(address: SocketAddr, scene: &Scene) -> Self {
        let plan = |clients, rate| Plan { address, clients, arrivals: Arrivals::Rate(rate), patience: SOON };
        let name = || SlowName { scene: scene.clone(), takes: BODY_TAKES };
        let started = [
            Steady::start(plan(8, 40.0), Reads(scene.clone())),
            Steady::start(plan(4, 10.0), Anew(Reads(scene.clone()))),
            Steady::start(plan(4, 10.0), name()),
            Steady::start(plan(2, 5.0), Anew(name())),
            Steady::start(plan(1, 5.0), Question::Alive),
            Steady::start(plan(1, 5.0), Anew(Question::Routable)),
        ];
        let all: Vec<_> = started.into_iter().map(|it| it.expect("a thread")).collect();
        for load in &all {
            load.wait_until(SOON, "it is warm", |seen| seen.count("200") >= 10).await.expect("it is answered");
        }
        Self(all)
    }

    /// What they saw since then.
    async fn finish(self, since: Instant) -> Report {
        let mut all = Report::default();
        for load in self.0 {
            all.0.extend(load.finish(SOON).await.expect("the load ends").between(since, Instant::now()).0);
        }
        all
    }
}

/// How many files a process has open at most, looked at all the time.
#[derive(Clone, Default)]
struct OpenFiles(Arc<AtomicUsize>);

impl OpenFiles {
    async fn watch(self, process: &Process) {
        let folder = format!("/proc/{}/fd", process.pid());
        loop {
            let open = std::fs::read_dir(&folder).expect("it runs").count();
            self.0.fetch_max(open, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A machine that may open few files, which everybody reaches without a proxy.
struct Machine {
    process: Process,
    address: SocketAddr,
    metrics: SocketAddr,
}

/// What the crowd came to.
struct Outcome {
    /// Connections when all were there.
    connections: usize,
    /// Those that were cut.
    ends: Vec<End>,
    /// Idle ones that were still answered afterwards.
    kept: usize,
}

impl Machine {
    async fn start(fleet: &Fleet) -> Self {
        let more = |command: Command| {
            let rate_limits = ["ADDRESS_REQUESTS_MAX", "PERSON_REQUESTS_MAX"];
            rate_limits.into_iter().fold(command.open_files(FILES), |command, limit| command.env(limit, "1000000"))
        };
        let process = fleet.more_with(Part::Api, 1, more).await.swap_remove(0);
        let (address, metrics) = (fleet.address(Part::Api, MACHINES), fleet.metrics(Part::Api, MACHINES));
        Self { process, address, metrics }
    }

    async fn meter(&self, line: &str) -> usize {
        meters::sum(&meters::texts([self.metrics]).await, line)
    }

    async fn cut(&self, what: &str) -> usize {
        self.meter(&format!("board_slow_clients_cut_total{{what=\"{what}\"}}")).await
    }

    /// The crowd comes, and goes on until all but the idle have been cut.
    async fn besieged(&self, long_page: &str) -> Outcome {
        let (begun, mut idle, mut slow) = (Instant::now(), Vec::new(), Vec::new());
        for (kind, count) in CROWD {
            for _ in 0..count {
                let one = Slow::begin(kind, self.address, long_page).await;
                let one = one.unwrap_or_else(|error| panic!("{kind:?} was not let in: {error}"));
                if kind == Kind::Idle { &mut idle } else { &mut slow }.push(one);
            }
        }
        let connections = self.meter("board_client_connections").await;
        println!("    {connections} connections after {:.1?}", begun.elapsed());
        let ends = join_all(slow.into_iter().map(|it| it.go_on(READER_CUT))).await;
        let kept = join_all(idle.iter_mut().map(Slow::ask)).await.into_iter().filter(Result::is_ok).count();
        Outcome { connections, ends, kept }
    }

    /// By its own count it cut each of them, and idle ones only to make room.
    async fn counted(&self, kept: usize) {
        let heads = all(Kind::FirstHead) + all(Kind::NextHead) + all(Kind::Silent);
        assert_eq!(self.cut("head").await, heads, "heads, and silences before the first one");
        assert_eq!(self.cut("body").await, all(Kind::Body), "bodies");
        assert_eq!(self.cut("answer").await, all(Kind::Reader), "readers");
        assert_eq!(self.cut("idle").await + kept, all(Kind::Idle), "idle ones");
    }
}

fn all(kind: Kind) -> usize {
    CROWD.iter().filter(|(its, _)| *its == kind).map(|(_, count)| count).sum()
}

/// The page of a job that is long to read.
async fn long_page(fleet: &Fleet) -> String {
    let job = Scene::with_jobs(fleet, 1, 1).await.jobs.swap_remove(0);
    database(fleet).await.execute(LONG, &[&job]).await.expect("a long description");
    format!("/v1/jobs/{job}")
}

/// It was cut in its time, and told so where it can be.
fn judge(end: &End) {
    let (kind, received) = (end.kind, end.received.len());
    let in_time = |time: RangeInclusive<Duration>| end.after.is_some_and(|after| time.contains(&after));
    let as_it_should = match kind {
        Kind::FirstHead | Kind::NextHead | Kind::Silent => in_time(CUT) && end.was_told(),
        Kind::Body => end.after.is_some_and(|after| after <= *CUT_BODY.end()) && end.was_told(),
        // It sees its end behind all that was on its way.
        Kind::Reader => end.after.is_some() && received < ANSWERS * LONG_BYTES,
        Kind::Idle => false,
    };
    let began = String::from_utf8_lossy(&end.received[..received.min(200)]);
    assert!(as_it_should, "{kind:?} ended after {:?} with {received} bytes: {began}", end.after);
}

/// How many bodies were cut before their time.
fn made_room(ends: &[End]) -> usize {
    let early = |end: &&End| end.kind == Kind::Body && end.after.is_some_and(|after| after < *CUT_BODY.start());
    ends.iter().filter(early).count()
}

/// Its line of the table.
fn tell(outcome: &Outcome, files: usize, seen: &Report, back: Duration) {
    let saw = format!(
        "{} connections, {files} files of {FILES}; {} slow ones cut, {} of them to make room, {} of {} idle ones kept; \
         others {seen}, p99 {:.0?}, longest {:.0?}",
        outcome.connections,
        outcome.ends.iter().filter(|end| end.after.is_some()).count(),
        made_room(&outcome.ends),
        outcome.kept,
        all(Kind::Idle),
        seen.quantile(0.99),
        seen.longest(),
    );
    table::add("Slow heads, bodies and readers, silent and idle ones on ¾ of the open files", &saw, back);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn slow_and_idle_clients_on_three_quarters_of_the_open_files_are_cut_or_bounded() {
    println!("\n--- slow and idle clients");
    let fleet = Fleet::take().await;
    let long_page = long_page(&fleet).await;
    let scene = Scene::of(&fleet, 1).await;
    let machine = Machine::start(&fleet).await;
    let (ordinary, files) = (Ordinary::start(machine.address, &scene).await, OpenFiles::default());
    let begun = Instant::now();
    let outcome = tokio::select! {
        outcome = machine.besieged(&long_page) => outcome,
        () = files.clone().watch(&machine.process) => unreachable!("it watches for ever"),
    };
    let seen = ordinary.finish(begun).await;
    let asked = Instant::now();
    let answer = Connection::to(machine.address).ask(&Ask::get("/v1/jobs?limit=5")).await.expect("an answer");
    let (back, files) = (asked.elapsed(), files.0.load(Ordering::SeqCst));
    tell(&outcome, files, &seen, back);
    assert_eq!(seen.wrongs(begun), Vec::<String>::new());
    assert_eq!(seen.count("200"), seen.0.len(), "{seen}");
    assert!(seen.quantile(0.99) < P99 && seen.longest() < LONGEST, "p99 {:?}", seen.quantile(0.99));
    outcome.ends.iter().for_each(judge);
    machine.counted(outcome.kept).await;
    let crowd: usize = CROWD.iter().map(|(_, count)| count).sum();
    assert!(outcome.connections >= crowd - MORE_BODIES, "all of them at once");
    // An ordinary client's body needs room, too.
    let room = MORE_BODIES..=MORE_BODIES + seen.0.len();
    assert!(room.contains(&made_room(&outcome.ends)), "{} made room", made_room(&outcome.ends));
    assert!(files < FILES as usize, "{files} files are open");
    assert!(answer.status == 200 && back < AT_ONCE, "{answer:?} after {back:?}");
    let closed = async || machine.meter("board_client_connections").await < ORDINARY;
    wait::until(SOON, "every connection is closed", closed).await.expect("nobody is there any more");
    assert!(machine.process.is_running(), "{}", machine.process.output());
    assert_eq!(fleet.dead(), Vec::<String>::new(), "nobody killed these");
    drop(machine);
    fleet.give_back();
}
