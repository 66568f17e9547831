//! A row of the table of faults: load before, during and after the fault, and what must hold for each of them.

use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::load::{Arrivals, Plan, Report, Steady};
use testbed::postgres::Options;
use testbed::wait;

use super::fleet::Fleet;
use super::scene::Scene;
use super::scripts::{Applies, Reads};
use super::watch::{Question, Watch, Watched};
use super::{meters, table, times, verdicts};

/// Longer than the longest request, whose deadline is 10 s, and what two busy cores add.
const PATIENCE: Duration = Duration::from_secs(15);

/// Bound for what must happen, but not within a time that clients are promised.
const DEADLINE: Duration = Duration::from_secs(90);

/// How long everything must be good for it to count as good again.
const CALM: Duration = Duration::from_secs(2);

/// More than the longest row needs.
fn people() -> i32 {
    if times::long() { 2_000 } else { 1_000 }
}

/// Who asks: so many clients, and so often a second all together.
#[derive(Clone, Copy)]
struct Load {
    readers: (u32, f64),
    applicants: (u32, f64),
}

/// What the fleet carries with ease.
const STEADY: Load = Load { readers: (8, 40.0), applicants: (4, 10.0) };

/// What it still carries when every answer of PostgreSQL takes 1.5 s: half of its connections are then in use.
const GENTLE: Load = Load { readers: (16, 6.0), applicants: (16, 4.0) };

/// So few that ten of their calls are never cut within ten seconds: each waits for the cut before it asks again.
const FEW: Load = Load { readers: (2, 4.0), applicants: (2, 4.0) };

/// A fault under way, and the load that feels it.
pub(super) struct Row {
    name: &'static str,
    pub(super) fleet: Fleet,
    pub(super) reads: Steady,
    pub(super) applies: Steady,
    script: Applies,
    scene: Scene,
    watch: Watch,
    begun: Instant,
    shared: bool,
}

/// What was seen of a fault, from the load's first request to its last.
pub(super) struct Seen {
    pub(super) reads: Report,
    pub(super) applies: Report,
    pub(super) watched: Watched,
    /// From then on until everything was good again.
    pub(super) back: Duration,
}

impl Row {
    /// Begins with a fleet that may have survived other faults; returns when everything is good.
    pub(super) async fn begin(name: &'static str) -> Self {
        Self::begin_on(name, Fleet::take().await, true, STEADY).await
    }

    /// Begins like that, with a load that slow answers do not pile up.
    pub(super) async fn begin_gently(name: &'static str) -> Self {
        Self::begin_on(name, Fleet::take().await, true, GENTLE).await
    }

    /// Begins like that, with few who ask.
    pub(super) async fn begin_with_few(name: &'static str) -> Self {
        Self::begin_on(name, Fleet::take().await, true, FEW).await
    }

    /// Begins with a fleet of its own, which ends with it.
    pub(super) async fn begin_with(name: &'static str, options: Options) -> Self {
        Self::begin_on(name, Fleet::start(options).await, false, STEADY).await
    }

    async fn begin_on(name: &'static str, fleet: Fleet, shared: bool, load: Load) -> Self {
        println!("\n--- {name}");
        verdicts::forget(&fleet).await;
        let scene = Scene::of(&fleet, people()).await;
        let script = Applies::new(scene.clone());
        let plan = |part, (clients, rate)| Plan {
            address: fleet.front(part),
            clients,
            arrivals: Arrivals::Rate(rate),
            patience: PATIENCE,
        };
        let begun = Instant::now();
        let reads = Steady::start(plan(Part::Api, load.readers), Reads(scene.clone())).expect("a thread");
        let applies = Steady::start(plan(Part::Applications, load.applicants), script.clone()).expect("a thread");
        let watch = Watch::start(&fleet);
        let row = Self { name, fleet, reads, applies, script, scene, watch, begun, shared };
        row.wait_until_good_since(begun).await;
        row
    }

    /// Waits until every machine is ready, and the load is answered well without a break. Returns when that began.
    async fn wait_until_good_since(&self, healed: Instant) -> Instant {
        let mut good_since = healed;
        let good = wait::until(DEADLINE, "everything is good again", async || {
            let (reads, applies) = (self.reads.so_far(), self.applies.so_far());
            let now = Instant::now();
            let bad = [(&reads, "200"), (&applies, "201")].map(|(report, kind)| last_other(report, healed, kind));
            let last_bad = bad.into_iter().flatten().max().unwrap_or(healed);
            let first_good = [reads.first_after(healed, "200"), applies.first_after(healed, "201")];
            let Some(ready) = self.watch.ready_after(healed) else { return false };
            let [Some(read), Some(applied)] = first_good else { return false };
            good_since = last_bad.max(healed + ready).max(healed + read).max(healed + applied);
            now.saturating_duration_since(good_since) >= CALM
        });
        if let Err(error) = good.await {
            panic!("{error}; reads: {}, applies: {}", self.reads.so_far(), self.applies.so_far());
        }
        good_since
    }

    /// Waits until every machine says that it is not ready.
    pub(super) async fn wait_until_unready_since(&self, broken: Instant) {
        let unready = async || self.watch.all_said(Question::Ready, "unready", broken);
        wait::until(DEADLINE, "every machine is unready", unready).await.expect("they ask what they need");
    }

    /// What the machines have said so far.
    pub(super) fn watched(&self) -> Watched {
        self.watch.so_far()
    }

    /// The cause is gone: waits until everything is good again, ends the load, and sees that nothing was lost.
    pub(super) async fn heals(self) -> Seen {
        let healed = Instant::now();
        let good_since = self.wait_until_good_since(healed).await;
        let back = good_since - healed;
        let Self { name, fleet, reads, applies, script, scene, watch, begun, shared } = self;
        let seen = Seen {
            reads: reads.finish(PATIENCE * 2).await.expect("the load ends"),
            applies: applies.finish(PATIENCE * 2).await.expect("the load ends"),
            watched: watch.finish().await,
            back,
        };
        tell(name, &seen);
        let mut wrongs = seen.reads.wrongs(begun);
        wrongs.extend(seen.applies.wrongs(begun));
        wrongs.extend(seen.watched.wrongs(begun));
        assert!(wrongs.is_empty(), "what clients must not see:\n{}", wrongs.join("\n"));
        assert_eq!(fleet.dead(), Vec::<String>::new(), "nobody killed these");
        let accepted = script.accepted().clone();
        let rows = verdicts::nothing_is_lost_or_doubled(&fleet, &accepted, &scene.ids()).await;
        let unknown = seen.applies.count("unknown");
        assert!(rows <= accepted.len() + unknown, "{rows} rows for {} accepted", accepted.len());
        let late = verdicts::later_than_ten_seconds(&metrics(&fleet).await);
        assert!(late.abs() < 0.5, "{late} answers came after their deadline");
        assert!(back <= times::back(), "good again after {back:?}, which may take {:?}", times::back());
        if shared {
            fleet.give_back();
        }
        seen
    }
}

/// When the last answer came that was of another kind, of those that were asked for since.
fn last_other(report: &Report, since: Instant, kind: &str) -> Option<Instant> {
    let asked = report.0.iter().filter(|seen| seen.answered() >= since);
    asked.filter(|seen| seen.judged.as_ref().is_ok_and(|its| *its != kind)).map(testbed::load::Seen::answered).max()
}

/// The metrics of every machine that answers people.
async fn metrics(fleet: &Fleet) -> Vec<String> {
    let machines = [Part::Api, Part::Applications].into_iter().flat_map(|part| fleet.metrics_of(part));
    meters::texts(machines).await
}

/// Its line of the table.
fn tell(name: &str, seen: &Seen) {
    let longest = seen.reads.longest().max(seen.applies.longest()).as_secs_f64();
    let health = seen.watched.slowest_health().as_secs_f64() * 1_000.0;
    let saw = format!(
        "reads {}; applies {}; longest {longest:.1} s; /healthz within {health:.0} ms",
        seen.reads, seen.applies
    );
    table::add(name, &saw, seen.back);
    for part in [Part::Api, Part::Applications] {
        println!("    breakers of {}: {:?}", part.name(), seen.watched.breakers(part));
    }
}
