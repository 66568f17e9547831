//! Redis: killed, frozen, emptied, flapping. Nobody needs it in order to be answered well.

use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::load::{Arrivals, Plan, Steady};
use tokio::time::sleep;

use super::fleet::Fleet;
use super::row::Row;
use super::scripts::Greedy;
use super::{meters, times};

/// How soon everything is good again once Redis is.
const BACK: Duration = Duration::from_secs(3);

/// Longer than the longest request, whose deadline is 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// More than somebody greedy asks for in the longest row.
const JOBS: i32 = 1_000;

/// How long Redis is away and there again when it flaps, ten times.
const FLAP: Duration = Duration::from_millis(400);

/// A fault of Redis under way, with somebody who applies for more than the quota allows all the while.
struct Felt {
    row: Row,
    greedy: Steady,
    waits: Waits,
    begun: Instant,
}

/// How often requests have waited for Redis, by the functions' own measure, how often for over 100 ms, and how often
/// they had to do without its answer.
struct Waits {
    all: usize,
    long: usize,
    without: usize,
}

impl Waits {
    async fn of(fleet: &Fleet) -> Self {
        let texts = meters::texts(fleet.metrics_of(Part::Applications)).await;
        let all = meters::sum(&texts, "board_redis_wait_seconds_count");
        let without = ["away", "resting", "late", "failed"]
            .map(|outcome| meters::sum(&texts, &format!("board_redis_commands_total{{outcome=\"{outcome}\"}}")));
        Self {
            all,
            long: all - meters::sum(&texts, "board_redis_wait_seconds_bucket{le=\"0.1\"}"),
            without: without.into_iter().sum(),
        }
    }
}

impl Felt {
    async fn begin(name: &'static str) -> Self {
        let row = Row::begin(name).await;
        let waits = Waits::of(&row.fleet).await;
        let address = row.fleet.front(Part::Applications);
        let plan = Plan { address, clients: 4, arrivals: Arrivals::Rate(10.0), patience: PATIENCE };
        let greedy = Steady::start(plan, Greedy::with_jobs(&row.fleet, JOBS).await).expect("a thread");
        Self { row, greedy, waits, begun: Instant::now() }
    }

    /// Redis is whole: nobody has felt that it was not, and the quota was exact all the while.
    async fn heals(self) {
        let asked_in_vain = self.waits.without;
        assert!(self.heals_unnoticed().await.without > asked_in_vain, "Redis was there all the while");
    }

    /// The same, where Redis answered all the while.
    async fn heals_unnoticed(self) -> Waits {
        let greedy = self.greedy.finish(PATIENCE * 2).await.expect("the load ends");
        let waits = Waits::of(&self.row.fleet).await;
        let seen = self.row.heals().await;
        println!("    one person: {greedy}; waits for Redis: {}", waits.all - self.waits.all);
        assert_eq!(greedy.wrongs(self.begun), Vec::<String>::new());
        assert_eq!((greedy.count("201"), greedy.count("429")), (10, greedy.0.len() - 10), "{greedy}");
        assert!(greedy.0.len() > 10, "the quota was never full");
        assert_eq!(seen.reads.count("200"), seen.reads.0.len(), "reads: {}", seen.reads);
        assert_eq!(seen.applies.count("201"), seen.applies.0.len(), "applies: {}", seen.applies);
        assert!(waits.all > self.waits.all, "nobody asked Redis");
        assert_eq!(waits.long, self.waits.long, "somebody waited over 100 ms for Redis");
        assert!(seen.back <= BACK, "good again after {:?}", seen.back);
        waits
    }
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn redis_is_killed_and_started_again() {
    let mut felt = Felt::begin("Redis killed -9, and started again").await;
    felt.row.fleet.redis_server().kill();
    sleep(times::outage()).await;
    felt.row.fleet.redis_server_mut().start_again().await.expect("it starts");
    felt.heals().await;
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn redis_is_frozen() {
    let felt = Felt::begin("Redis frozen").await;
    felt.row.fleet.redis_server().freeze().expect("it runs");
    sleep(times::freeze()).await;
    felt.row.fleet.redis_server().thaw().expect("it is there");
    felt.heals().await;
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn redis_is_emptied() {
    let felt = Felt::begin("Redis emptied, again and again").await;
    for _ in 0..10 {
        sleep(FLAP).await;
        felt.row.fleet.redis_server().empty().await.expect("it is there");
    }
    felt.heals_unnoticed().await;
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn redis_flaps() {
    let felt = Felt::begin("Redis away and there again, ten times").await;
    for _ in 0..10 {
        felt.row.fleet.redis.refuse().expect("its port is ours");
        felt.row.fleet.redis.cut();
        sleep(FLAP).await;
        felt.row.fleet.redis.heal().expect("its port is ours");
        sleep(FLAP).await;
    }
    felt.heals().await;
}
