//! More than a function can carry. It goes on carrying nearly as much as it can, in good time, and says to all others at
//! once when to come again.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::http::Answer;
use testbed::load::open_loop::{OpenLoop, Outcome};
use testbed::load::{Arrivals, Ask, Lost, Plan, Script, Steady};
use testbed::process::cores::OwnCore;

use super::fleet::{Fleet, MACHINES};
use super::scene::Scene;
use super::scripts::{Applies, Reads, problem};
use super::watch::Question;
use super::{table, verdicts};

/// Requests at work. What an accepted request waits is this divided by what a worker carries. The usual bound is for a
/// build with optimization; one without carries about 1,000 reads or 350 applications a second. So many callers who each
/// wait for their answer are the most of whom none is refused.
const AT_WORK: usize = 4;

/// All load comes from one address.
const SETTINGS: [(&str, &str); 2] = [("PERSON_REQUESTS_MAX", "1000000000"), ("ADDRESS_REQUESTS_MAX", "1000000000")];

/// As many as a proxy opens to one machine; in an overload most of them wait for a refusal.
const CONNECTIONS: usize = 256;

/// Of what it can carry.
const OVER: f64 = 5.0;

/// How much of what it can carry it must carry still.
const CARRIED: f64 = 0.9;

/// How much later than at half load, at most, 99 of 100 good answers come.
const LATER: u32 = 3;

/// What else runs on the machine can only make it look worse, so one good round of these is enough: without the bound
/// none is anywhere near.
const ROUNDS: usize = 6;

/// A quarter of what the platform waits for it before it counts as dead.
const HEALTH_IS_QUICK: Duration = Duration::from_millis(500);

/// As many jobs as a person may apply for in an hour.
const QUOTA: i32 = 10;

/// More than all rounds need.
const PEOPLE: i32 = 2_000;

/// Longer than any probe may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Good answers, and refusals of the one kind that an overload has.
struct Overloaded<S>(S);

impl<S: Script> Script for Overloaded<S> {
    fn ask(&self, number: u64) -> Ask {
        self.0.ask(number)
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        let kind = answer.ok().and_then(problem);
        match self.0.judge(number, answer)? {
            "503" | "unknown" if kind.as_deref() != Some("overloaded") => Err(format!("503 of another kind: {kind:?}")),
            "stale" => Err("an old answer, although nothing is away".to_owned()),
            judged => Ok(judged),
        }
    }
}

/// A machine, and what it has been asked so far.
struct Trial<S> {
    address: SocketAddr,
    script: Arc<Overloaded<S>>,
    asked: u64,
    /// The status of its good answers.
    good: u16,
    health: Steady,
    routable: Steady,
}

/// What came of three loads.
struct Round {
    best: f64,
    half_p99: Duration,
    good: f64,
    good_p99: Duration,
    refused: f64,
    health: Duration,
}

impl<S: Script> Trial<S> {
    fn begin(address: SocketAddr, good: u16, script: S) -> Self {
        let plan = Plan { address, clients: 1, arrivals: Arrivals::Rate(10.0), patience: PATIENCE };
        let ask = |question| Steady::start(plan, question).expect("a thread");
        let (health, routable) = (ask(Question::Alive), ask(Question::Routable));
        Self { address, script: Arc::new(Overloaded(script)), asked: 0, good, health, routable }
    }

    async fn load(&mut self, rate: f64, connections: usize, seconds: f64) -> Outcome {
        let (script, lasts) = (Arc::clone(&self.script), Duration::from_secs_f64(seconds));
        let load = OpenLoop { address: self.address, script, first: self.asked, rate, connections, lasts };
        let outcome = load.run().await;
        self.asked += outcome.sent;
        assert!(outcome.wrongs.is_empty() && outcome.lost == 0, "{}: {:?}", outcome.summary(), outcome.wrongs);
        outcome
    }

    async fn round(&mut self) -> Round {
        let best = self.load(f64::INFINITY, AT_WORK, 1.5).await.rate(self.good);
        let half = self.load(best / 2.0, CONNECTIONS, 1.5).await;
        let begun = Instant::now();
        let over = self.load(best * OVER, CONNECTIONS, 2.0).await;
        Round {
            best,
            half_p99: half.p99(self.good).unwrap_or_default(),
            good: over.rate(self.good),
            good_p99: over.p99(self.good).unwrap_or(Duration::MAX),
            refused: over.rate(503),
            health: self.health.since(begun).longest(),
        }
    }

    /// Ends: the probes were good all the while.
    async fn end(self) {
        for probe in [self.health, self.routable] {
            let report = probe.finish(PATIENCE * 2).await.expect("it ends");
            assert!(report.count("200") > 0 && report.count("200") == report.0.len(), "{report}: {:?}", report.kinds());
        }
    }
}

impl Round {
    fn is_good(&self) -> bool {
        let in_time = self.good_p99 <= self.half_p99 * LATER;
        in_time && self.good >= self.best * CARRIED && self.refused > 0.0 && self.health <= HEALTH_IS_QUICK
    }
}

impl fmt::Display for Round {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { best, half_p99, good, good_p99, refused, health } = self;
        write!(
            out,
            "best {best:.0}/s; p99 at half of it {half_p99:.1?}; at {OVER} times {good:.0}/s good, p99 {good_p99:.1?}, \
             and {refused:.0}/s refused; /healthz within {health:.0?}"
        )
    }
}

/// Loads a machine with a core for itself; the load, PostgreSQL and Redis have the other. It is asked directly, and it
/// asks directly: neither the proxy that routes nor those before the servers take part in what is measured.
async fn judge(name: &str, fleet: &Fleet, part: Part, good: u16, script: impl Script) {
    println!("\n--- {name}");
    let (database, redis) = (fleet.board.database_url(part), fleet.redis_server().url());
    let at_work = AT_WORK.to_string();
    let own = [("AT_WORK_MAX", at_work.as_str()), ("DATABASE_URL", &database), ("REDIS_URL", &redis)];
    let settings = [SETTINGS.as_slice(), &own].concat();
    let machines = fleet.more(part, 1, &settings).await;
    let core = OwnCore::of(&machines[0]).expect("two cores");
    let mut trial = Trial::begin(fleet.address(part, MACHINES), good, script);
    // It opens its pool and prepares its statements.
    drop(trial.load(f64::INFINITY, AT_WORK, 1.0).await);
    let mut rounds = Vec::new();
    while rounds.len() < ROUNDS && !rounds.last().is_some_and(Round::is_good) {
        let round = trial.round().await;
        println!("    {round}");
        rounds.push(round);
    }
    trial.end().await;
    drop(core);
    let last = rounds.last().expect("a round");
    table::add(name, &last.to_string(), Duration::ZERO);
    assert!(last.is_good(), "not once in {ROUNDS} rounds");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn at_five_times_the_reads_that_api_can_carry_it_carries_nearly_as_many_in_good_time() {
    let fleet = Fleet::take().await;
    let scene = Scene::of(&fleet, 1).await;
    judge("5 times the reads that api can carry", &fleet, Part::Api, 200, Reads(scene)).await;
    fleet.give_back();
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn at_five_times_the_applications_that_can_be_carried_nearly_as_many_are_accepted_in_good_time() {
    let fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let scene = Scene::with_jobs(&fleet, PEOPLE, QUOTA).await;
    let applies = Applies::new(scene.clone());
    let name = "5 times the applications that applications can carry";
    // Mail takes the core of the database, and that would be measured: it is sent afterwards.
    fleet.freeze(Part::EmailWorker);
    judge(name, &fleet, Part::Applications, 201, applies.clone()).await;
    fleet.thaw(Part::EmailWorker).await;
    let accepted = applies.accepted().clone();
    assert_eq!(verdicts::nothing_is_lost_or_doubled(&fleet, &accepted, &scene.ids()).await, accepted.len());
    fleet.give_back();
}
