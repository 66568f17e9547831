//! The receiver of spans: gone, or taking connections and never answering. Requests cost what they cost with a living
//! one, measured in turns; memory stays bounded and every span that is lost is counted.

use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::load::{Arrivals, Plan, Steady};
use testbed::otlp::Receiver;
use testbed::process::Process;

use super::fleet::{Fleet, READY};
use super::scene::Scene;
use super::scripts::Reads;
use super::table;

/// The numbers of the machines that are measured, behind those of the fleet.
const FIRST: usize = 10;

/// At least so many of each.
const TURNS: usize = 3;

/// At most so many, until each has had a quiet one: what else the machine does only adds.
const MOST_TURNS: usize = 9;

/// A turn of one machine.
const REQUESTS: usize = 800;

/// Three spans each fill the queue of 8,192 and the batch of 512 on its way.
const FILL: usize = 3_000;

const PATIENCE: Duration = Duration::from_secs(30);

/// How much more may be measured on a machine that does other things, too.
const NOISE: f64 = 1.5;

/// Below this, times are the system's own.
const FLOOR: Duration = Duration::from_millis(5);

/// What a full queue and the batch on its way take at most, at a kilobyte or two a span.
const FULL_QUEUE: u64 = 40 << 20;

/// What memory may do of itself while the queue stays full.
const STILL: u64 = 8 << 20;

/// Of the kernel's clock, in which a process's time is told.
const TICKS_A_SECOND: f64 = 100.0;

/// One machine, and what was measured of it in each turn.
struct Measured {
    name: &'static str,
    machine: Process,
    number: usize,
    /// Of one request, by turns.
    cpu: Vec<Duration>,
    p99: Vec<Duration>,
    resident: Vec<u64>,
}

impl Measured {
    async fn start(fleet: &Fleet, number: usize, name: &'static str, receiver: &str) -> Self {
        let command = fleet.board.instance(Part::Api, number).expect("a binary").name(format!("api, {name}"));
        let command = command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver)
            .env("RUST_LOG", "warn")
            .env("PERSON_REQUESTS_MAX", "1000000")
            .env("ADDRESS_REQUESTS_MAX", "1000000");
        let machine = command.start().expect("started");
        let ready = format!("http://{}/readyz", fleet.address(Part::Api, number));
        machine.wait_until_ok(&ready, READY).await.expect("ready");
        Self { name, machine, number, cpu: vec![], p99: vec![], resident: vec![] }
    }

    async fn turn(&mut self, fleet: &Fleet, scene: &Scene, requests: usize) {
        let address = fleet.address(Part::Api, self.number);
        let plan = Plan { address, clients: 4, arrivals: Arrivals::Gaps(Duration::ZERO), patience: PATIENCE };
        let (begun, before) = (Instant::now(), self.worked());
        let load = Steady::start(plan, Reads(scene.clone())).expect("a thread");
        load.wait_until(PATIENCE, "a turn", |seen| seen.0.len() >= requests).await.expect("it answers");
        let report = load.finish(PATIENCE).await.expect("the load ends");
        let wrongs = report.wrongs(begun);
        assert!(wrongs.is_empty() && report.count("200") == report.0.len(), "{}: {report}, {wrongs:?}", self.name);
        let worked = Duration::from_secs_f64((self.worked() - before) as f64 / TICKS_A_SECOND);
        self.cpu.push(worked / u32::try_from(report.0.len()).expect("a count"));
        self.p99.push(report.quantile(0.99));
        self.resident.push(self.resident());
    }

    /// The time that it has worked, in ticks: fields 14 and 15 of `stat`, which begins with a name in brackets.
    fn worked(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.machine.pid());
        let stat = std::fs::read_to_string(path).expect("it runs");
        let (_, rest) = stat.rsplit_once(") ").expect("a name");
        rest.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum()
    }

    fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.machine.pid());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is told");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    async fn dropped(&self, fleet: &Fleet) -> f64 {
        let http = platform::http::client::stack().expect("a client");
        let base = format!("http://{}", fleet.metrics(Part::Api, self.number));
        let page = testbed::http::Client::new(http, base).get("/metrics").await.text;
        let line = page.lines().find_map(|line| line.strip_prefix("board_spans_dropped_total ")).expect("it is told");
        line.parse().expect("a count")
    }

    /// Its quietest turn.
    fn best(&self) -> (Duration, Duration) {
        let least = |of: &[Duration]| of.iter().min().copied().expect("turns");
        (least(&self.cpu), least(&self.p99))
    }

    /// Whether its requests cost no more than those of another, but for noise.
    fn is_like(&self, other: &Self) -> bool {
        let ((cpu, p99), (its_cpu, its_p99)) = (other.best(), self.best());
        its_cpu <= cpu.mul_f64(NOISE) && its_p99 <= p99.mul_f64(NOISE) + FLOOR
    }
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn a_receiver_of_spans_that_is_gone_or_hangs_costs_no_request_anything() {
    println!("\n--- the receiver of spans, gone and hanging");
    let fleet = Fleet::take().await;
    let scene = Scene::of(&fleet, 5).await;
    let (living, hanging) = (Receiver::start().expect("a receiver"), Receiver::start().expect("a receiver"));
    hanging.hang();
    let gone = format!("http://127.0.0.1:{}", testbed::port::free_port());
    let mut all = Vec::new();
    let receivers = [("living", living.url()), ("gone", gone), ("hanging", hanging.url())];
    for (number, (name, url)) in (FIRST..).zip(receivers) {
        all.push(Measured::start(&fleet, number, name, &url).await);
    }
    // Everything is warm, and the queues of those that hand nothing over full, before anything counts.
    for (measured, requests) in all.iter_mut().zip([REQUESTS, FILL, FILL]) {
        measured.turn(&fleet, &scene, requests).await;
        measured.cpu.clear();
        measured.p99.clear();
    }
    for turn in 1..=MOST_TURNS {
        for measured in &mut all {
            measured.turn(&fleet, &scene, REQUESTS).await;
        }
        if turn >= TURNS && all.iter().all(|measured| measured.is_like(&all[0])) {
            break;
        }
    }
    let mut saw = Vec::new();
    for measured in &all {
        let (its_cpu, its_p99) = measured.best();
        let dropped = measured.dropped(&fleet).await;
        saw.push(format!(
            "{}: {its_cpu:.1?} of CPU a request, p99 {its_p99:.1?}, {dropped} spans dropped",
            measured.name
        ));
        println!("    {}: {:?}, {:?}, {:?}", measured.name, measured.cpu, measured.p99, measured.resident);
        assert_eq!(dropped > 0.0, measured.name != "living", "{}: {dropped} spans dropped", measured.name);
        let living = all[0].best();
        assert!(
            measured.is_like(&all[0]),
            "{}: {its_cpu:?} and {its_p99:?}, {living:?} with a living one",
            measured.name
        );
        let last = measured.resident.last().expect("turns");
        let more = last.saturating_sub(measured.resident[1]);
        assert!(more < STILL, "{}: {more} bytes more with a full queue: {:?}", measured.name, measured.resident);
        let full = last.saturating_sub(all[0].resident[0]);
        assert!(full < FULL_QUEUE, "{}: {full} bytes more than with a living one", measured.name);
    }
    table::add("The receiver of spans gone, or hanging", &saw.join("; "), Duration::ZERO);
    fleet.give_back();
}
