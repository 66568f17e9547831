//! Resend: slow, failing, refusing, talking nonsense, hanging up. People notice nothing: mails wait.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testbed::board::Part;
use testbed::load::{Arrivals, Plan, Report, Steady};
use testbed::wait;
use tokio::time::sleep;
use tokio_postgres::Client;

use super::fleet::{FUNCTIONS, Fleet, MACHINES};
use super::row::{Row, Seen};
use super::scene::{Scene, database, resend};
use super::scripts::Applies;
use super::times;

/// Bound for what nobody is promised in a certain time.
const SOON: Duration = Duration::from_secs(30);

/// For at least so long everything is good before Resend is broken.
const BEFORE: Duration = Duration::from_secs(2);

/// As many as the stand-in takes: more than two workers use up in any of these times.
const SCRIPT: usize = 1_000;

/// A pool of eight, and one connection each for the prober, for the outbox's news and for a query to be cancelled.
const OWN_CONNECTIONS: i64 = 11 * MACHINES as i64;

const OPENED: &str = "board_breaker_transitions_total{dependency=\"resend\",to=\"open\"}";

const CONNECTIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1";

const WAITING: &str = "SELECT count(*) FROM outbox WHERE state = 'queued'";

pub(super) async fn behave(fleet: &Fleet, change: Value) {
    resend(fleet).post("/control/behaviour", &change).await.expect(200);
}

/// The next posts fail, in turn, like these.
pub(super) async fn fail(fleet: &Fleet, faults: &[Value]) {
    let script: Vec<&Value> = faults.iter().cycle().take(SCRIPT).collect();
    behave(fleet, json!({ "fail_next": script })).await;
}

pub(super) async fn recover(fleet: &Fleet) {
    behave(fleet, json!({ "fail_next": [], "latency_ms": 0 })).await;
}

/// How often each worker's breaker before Resend has opened.
async fn openings(fleet: &Fleet) -> BTreeMap<usize, u64> {
    let http = platform::http::client::stack().expect("a client");
    let mut openings = BTreeMap::new();
    for number in 0..MACHINES {
        let base = format!("http://{}", fleet.metrics(Part::EmailWorker, number));
        let page = testbed::http::Client::new(http.clone(), base).get("/metrics").await.text;
        let line = page.lines().find_map(|line| line.strip_prefix(OPENED)).expect("it is told");
        openings.insert(number, line.trim().parse().expect("a count"));
    }
    openings
}

/// Whether a breaker opened that had not.
async fn opened(fleet: &Fleet, before: &BTreeMap<usize, u64>) -> bool {
    openings(fleet).await.iter().any(|(number, count)| count > &before[number])
}

async fn connections(fleet: &Fleet, client: &Client) -> i64 {
    let login = fleet.board.login(Part::EmailWorker).expect("it has one");
    client.query_one(CONNECTIONS, &[&login]).await.expect("the database answers").get(0)
}

/// Looks for so long how many connections the workers hold.
async fn most_connections(fleet: &Fleet, client: &Client, time: Duration) -> i64 {
    let (begun, mut most) = (Instant::now(), 0);
    while begun.elapsed() < time {
        most = most.max(connections(fleet, client).await);
        sleep(Duration::from_millis(100)).await;
    }
    most
}

/// Nobody who asked for anything was told of it, and no breaker but that before Resend moved.
fn was_not_felt(seen: &Seen) {
    assert_eq!(seen.reads.count("200"), seen.reads.0.len(), "reads: {}", seen.reads);
    assert_eq!(seen.applies.count("201"), seen.applies.0.len(), "applies: {}", seen.applies);
    for part in FUNCTIONS {
        assert_eq!(seen.watched.breakers(part), vec![["closed"]; MACHINES], "before PostgreSQL, of {}", part.name());
    }
}

/// In all this time as many applications are accepted as in the same time before, but for a tenth.
fn as_many_as_before(seen: &Seen, broken: Instant, time: Duration) {
    let rate = |from, to: Instant| seen.applies.between(from, to).count("201") as f64 / (to - from).as_secs_f64();
    let (before, during) = (rate(broken - BEFORE, broken), rate(broken, broken + time));
    assert!(during >= before * 0.9, "{during:.1} applications accepted a second, {before:.1} before");
}

/// Resend behaves like this for a while, which opens the breaker before it.
async fn misbehaves(name: &'static str, faults: &[Value]) {
    let row = Row::begin(name).await;
    let (client, before) = (database(&row.fleet).await, openings(&row.fleet).await);
    let broken = Instant::now();
    fail(&row.fleet, faults).await;
    let most = most_connections(&row.fleet, &client, times::outage()).await;
    let open = wait::until(SOON, "the breaker open", async || opened(&row.fleet, &before).await).await;
    open.expect("a Resend that fails is left alone");
    recover(&row.fleet).await;
    let seen = row.heals().await;
    was_not_felt(&seen);
    as_many_as_before(&seen, broken, times::outage());
    assert!(most <= OWN_CONNECTIONS, "the workers hold {most} connections");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn resend_answers_500() {
    misbehaves("Resend answers 500", &[json!({})]).await;
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn resend_accepts_and_answers_500() {
    misbehaves("Resend accepts and answers 500", &[json!({ "after_acceptance": true })]).await;
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn resend_hangs_up_before_and_after_it_accepts() {
    let faults = [false, true].map(|after| json!({ "drop_connection": true, "after_acceptance": after }));
    misbehaves("Resend hangs up before and after it accepts", &faults).await;
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn resend_answers_with_what_is_no_answer() {
    let faults = [false, true].map(|after| json!({ "malformed": true, "after_acceptance": after }));
    misbehaves("Resend's answers malformed", &faults).await;
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn resend_is_slower_than_a_post_may_take() {
    let row = Row::begin("Resend accepts after 6 s").await;
    let (client, before) = (database(&row.fleet).await, openings(&row.fleet).await);
    let broken = Instant::now();
    behave(&row.fleet, json!({ "latency_ms": 6_000 })).await;
    let most = most_connections(&row.fleet, &client, times::outage()).await;
    let open = wait::until(SOON, "the breaker open", async || opened(&row.fleet, &before).await).await;
    open.expect("a Resend that is too slow is left alone");
    recover(&row.fleet).await;
    let seen = row.heals().await;
    was_not_felt(&seen);
    as_many_as_before(&seen, broken, times::outage());
    assert!(most <= OWN_CONNECTIONS, "the workers hold {most} connections");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn resend_refuses_all_of_a_thousand_mails_for_a_while() {
    let row = Row::begin("Resend answers 429, 1,000 mails waiting (10,000 with --long)").await;
    let (client, before) = (database(&row.fleet).await, openings(&row.fleet).await);
    let broken = Instant::now();
    let refusal = json!({ "status": 429, "name": "rate_limit_exceeded", "retry_after_s": 1 });
    fail(&row.fleet, &[refusal]).await;
    pile_up(&row.fleet).await;
    let waiting = client.query_one(WAITING, &[]).await.expect("the database answers").get::<_, i64>(0);
    // Each application causes two.
    assert!(waiting >= 2 * i64::from(times::pile()), "{waiting} mails wait");
    let most = most_connections(&row.fleet, &client, times::refusal()).await;
    assert!(!opened(&row.fleet, &before).await, "a Resend that refuses is not broken");
    recover(&row.fleet).await;
    let seen = row.heals().await;
    was_not_felt(&seen);
    as_many_as_before(&seen, broken, times::refusal());
    assert!(most <= OWN_CONNECTIONS, "the workers hold {most} connections");
}

/// Many apply at once.
async fn pile_up(fleet: &Fleet) {
    let pile = times::pile();
    let scene = Scene::of(fleet, pile).await;
    let address = fleet.front(Part::Applications);
    let plan = Plan { address, clients: 8, arrivals: Arrivals::Rate(400.0), patience: SOON };
    let load = Steady::start(plan, Applies::new(scene)).expect("a thread");
    let enough = |seen: &Report| seen.count("201") >= usize::try_from(pile).expect("a count");
    let piled = load.wait_until(times::mails_leave(), "so many applications", enough).await;
    piled.expect("applying does not wait for mails");
    load.finish(SOON).await.expect("the load ends");
}
