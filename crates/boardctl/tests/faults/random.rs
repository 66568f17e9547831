//! Faults of all kinds, one after the other and several at once, drawn at random while people read and apply.
//! `FAULTS_SEED` draws the same ones again.

mod round;
mod strike;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use testbed::board::Part;
use testbed::http::Answer;
use testbed::load::{Arrivals, Ask, Lost, Plan, Report, Script, Steady};
use testbed::postgres::Options;
use testbed::wait;

use super::fleet::Fleet;
use super::killed::Dying;
use super::scene::Scene;
use super::scripts::{Applies, Greedy, Reads};
use super::{table, times, verdicts};
use round::Round;

/// Enough for the cluster, its log and all applications of ten minutes.
const DISK: u64 = 512 * 1024 * 1024;

/// Longer than the longest request, whose deadline is 10 s, and what two busy cores add.
const PATIENCE: Duration = Duration::from_secs(15);

const READS_A_SECOND: f64 = 40.0;

const APPLIES_A_SECOND: f64 = 10.0;

/// A person applies for each of them, two more than are allowed.
const JOBS: i32 = 12;

/// So long all answers must be good for all to be good again.
const CALM: Duration = Duration::from_secs(2);

/// A seed that draws many kinds in half a minute.
const MANY_KINDS: u64 = 2_937;

/// One person after the other applies for more than is allowed.
struct Eager(Applies);

impl Script for Eager {
    fn ask(&self, number: u64) -> Ask {
        self.0.ask(number)
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        Greedy(self.0.clone()).judge(number, answer)
    }
}

/// The one that was asked for. Else one that nobody has chosen; but in a short run always the same, so that no change is
/// blamed for what it has not done.
fn seed() -> u64 {
    let given = std::env::var("FAULTS_SEED").ok();
    let given = given.map(|text| text.parse().unwrap_or_else(|_| panic!("FAULTS_SEED is a whole number, not {text}")));
    if let (None, false) = (given, times::long()) {
        return MANY_KINDS;
    }
    given.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| u64::from(time.subsec_nanos())))
}

/// People enough for all of this time, and what the faults add to it.
fn people(length: Duration) -> i32 {
    let applications = APPLIES_A_SECOND * (length.as_secs_f64() * 2.0 + 240.0);
    (applications / f64::from(JOBS)) as i32
}

/// Waits until nothing but good answers has come for a while; how long after `healed` that began.
async fn all_good_since(healed: Instant, loads: [&Steady; 2]) -> Duration {
    let good = |report: &Report| report.count("200") + report.count("201") + report.count("429");
    let calm = async || {
        let last = loads.map(|load| load.since(Instant::now() - CALM));
        healed.elapsed() > CALM && last.iter().all(|report| good(report) > 5 && good(report) == report.0.len())
    };
    wait::until(Duration::from_secs(90), "everything is good again", calm).await.expect("all comes back by itself");
    healed.elapsed().saturating_sub(CALM)
}

/// The figures of a whole run.
fn tell(seed: u64, rounds: &[Round], seen: (&Report, &Report), rows: usize, back: Duration) {
    let mut faults = BTreeMap::<String, usize>::new();
    for fault in rounds.iter().flat_map(Round::faults) {
        *faults.entry(fault).or_default() += 1;
    }
    let all: usize = faults.values().sum();
    for (fault, times) in faults {
        println!("    {times:3} × {fault}");
    }
    let (reads, applies) = seen;
    let longest = reads.longest().max(applies.longest()).as_secs_f64();
    let name = format!("{all} faults at random in {} rounds, FAULTS_SEED={seed}", rounds.len());
    let saw = format!("reads {reads}; applies {applies}; {rows} applications in the end; longest {longest:.1} s");
    table::add(&name, &saw, back);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn faults_of_all_kinds_at_random_lose_nothing_and_double_nothing() {
    let (seed, length) = (seed(), times::at_random());
    println!("\n--- faults of all kinds at random for {length:?}; FAULTS_SEED={seed} draws the same again");
    let rounds = Round::draw(seed, length);
    let mut fleet = Fleet::start(Options::temporary().disk(DISK)).await;
    let scene = Scene::with_jobs(&fleet, people(length), JOBS).await;
    let plan = |part, clients, rate| Plan {
        address: fleet.front(part),
        clients,
        arrivals: Arrivals::Rate(rate),
        patience: PATIENCE,
    };
    let (begun, script) = (Instant::now(), Applies::new(scene.clone()));
    let reads = Steady::start(plan(Part::Api, 8, READS_A_SECOND), Dying(Reads(scene.clone()))).expect("a thread");
    let applies = plan(Part::Applications, 4, APPLIES_A_SECOND);
    let applies = Steady::start(applies, Dying(Eager(script.clone()))).expect("a thread");
    for round in &rounds {
        println!("    {:6.1} s: {round}", begun.elapsed().as_secs_f64());
        round.strike(&mut fleet).await;
    }
    let back = all_good_since(Instant::now(), [&reads, &applies]).await;
    let (reads, applies) = (reads.finish(PATIENCE * 2).await, applies.finish(PATIENCE * 2).await);
    let (reads, applies) = (reads.expect("the load ends"), applies.expect("the load ends"));
    let mut wrongs = reads.wrongs(begun);
    wrongs.extend(applies.wrongs(begun));
    assert!(wrongs.is_empty(), "what clients must not see:\n{}", wrongs.join("\n"));
    assert_eq!(fleet.dead(), Vec::<String>::new(), "nobody killed these");
    let accepted = script.accepted().clone();
    let rows = verdicts::nothing_is_lost_or_doubled(&fleet, &accepted, &scene.ids()).await;
    tell(seed, &rounds, (&reads, &applies), rows, back);
    let unknown = applies.count("unknown") + applies.count("cut");
    assert!(rows <= accepted.len() + unknown, "{rows} rows for {} accepted", accepted.len());
    assert!(back <= times::back(), "good again after {back:?}, which may take {:?}", times::back());
}
