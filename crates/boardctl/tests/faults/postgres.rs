//! PostgreSQL: killed, frozen, refusing, locked, read-only, full, slow.

mod slow;

use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::postgres::Options;
use tokio::time::sleep;

use super::row::{Row, Seen};
use super::scene::database;
use super::times;
use super::watch::Watched;

/// Bound for what nobody is promised in a certain time.
const SOON: Duration = Duration::from_secs(120);

/// How soon a server that answers nobody is known after the fault: two seconds after a call, the time until there is one,
/// and the half a second between two looks; as much again for a machine that is busy with other rows.
const KNOWN: Duration = Duration::from_secs(6);

/// Enough for the cluster, its log and some thousand rows.
const DISK: u64 = 128 * 1024 * 1024;

/// While the database was away, people were answered, and not as if nothing were wrong.
fn was_felt(seen: &Seen) {
    assert!(seen.reads.count("503") + seen.reads.count("stale") > 0, "reads: {}", seen.reads);
    assert!(seen.applies.count("503") > 0, "applies: {}", seen.applies);
}

/// The breakers of both machines opened, and closed again.
fn opened(watched: &Watched, part: Part) -> bool {
    let whole = |states: &Vec<&str>| states.contains(&"open") && states.last() == Some(&"closed");
    watched.breakers(part).iter().all(whole)
}

/// Each machine that people ask had opened its breaker by then.
fn was_known(seen: &Seen, fault: Instant) {
    for part in [Part::Api, Part::Applications] {
        let known = seen.watched.open_after(part, fault);
        let soon = known.iter().all(|after| after.is_some_and(|after| after <= KNOWN));
        assert!(soon, "{}: open {known:?} after the fault", part.name());
    }
}

fn always_closed(watched: &Watched, part: Part) -> bool {
    watched.breakers(part).iter().all(|states| states == &["closed"])
}

/// People were answered meanwhile, the breakers opened, and all came back by itself.
fn was_an_outage(seen: &Seen) {
    was_felt(seen);
    assert!(seen.reads.count("stale") > 0, "nobody had the last good answer: {}", seen.reads);
    for part in [Part::Api, Part::Applications] {
        assert!(opened(&seen.watched, part), "{}: {:?}", part.name(), seen.watched.breakers(part));
    }
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn postgres_is_killed_and_started_again() {
    let mut row = Row::begin("PostgreSQL killed -9, and started again").await;
    row.fleet.server().kill();
    sleep(times::outage()).await;
    row.fleet.server_mut().start_again().await.expect("it starts");
    was_an_outage(&row.heals().await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn postgres_is_frozen() {
    let row = Row::begin("PostgreSQL frozen").await;
    let frozen = Instant::now();
    row.fleet.server().freeze().expect("it runs");
    sleep(times::freeze()).await;
    row.fleet.server().thaw().expect("it is there");
    let seen = row.heals().await;
    was_an_outage(&seen);
    was_known(&seen, frozen);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn postgres_is_frozen_while_few_ask() {
    let row = Row::begin_with_few("PostgreSQL frozen while few ask").await;
    let frozen = Instant::now();
    row.fleet.server().freeze().expect("it runs");
    sleep(times::freeze()).await;
    row.fleet.server().thaw().expect("it is there");
    let seen = row.heals().await;
    was_felt(&seen);
    was_known(&seen, frozen);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn postgres_refuses_connections() {
    let row = Row::begin("PostgreSQL refuses connections").await;
    row.fleet.postgres.refuse().expect("its port is ours");
    row.fleet.postgres.cut();
    sleep(times::long_outage()).await;
    row.fleet.postgres.heal().expect("its port is ours");
    was_an_outage(&row.heals().await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn the_functions_logins_are_locked_out() {
    let row = Row::begin("PostgreSQL's logins locked out").await;
    let logins = Part::all().into_iter().filter_map(|part| row.fleet.board.login(part));
    let logins: Vec<String> = logins.collect();
    for login in &logins {
        row.fleet.server().lock_out(login).await.expect("there is such a login");
    }
    sleep(times::outage()).await;
    for login in &logins {
        row.fleet.server().let_in(login).await.expect("there is such a login");
    }
    was_an_outage(&row.heals().await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn postgres_is_read_only_and_reads_go_on() {
    let mut row = Row::begin("PostgreSQL started again in read-only").await;
    row.fleet.server().stop().await.expect("it stops");
    row.fleet.server_mut().start_again_with(&[("default_transaction_read_only", "on")]).await.expect("it starts");
    let since = Instant::now();
    let some = row.reads.wait_until(SOON, "reads", |reads| reads.first_after(since, "200").is_some());
    some.await.expect("reads go on");
    sleep(times::outage()).await;
    let (reads, applies) = (row.reads.so_far(), row.applies.so_far());
    let settled = since + Duration::from_secs(3);
    let (reads, applies) = (reads.between(settled, settled + SOON), applies.between(settled, settled + SOON));
    assert_eq!(reads.count("200"), reads.0.len(), "reads go on: {reads}");
    assert_eq!(applies.count("503"), applies.0.len(), "nothing can be written: {applies}");
    // What follows is an outage of its own, with nothing but refused writes before it.
    let watched = row.watched();
    row.fleet.server().stop().await.expect("it stops");
    row.fleet.server_mut().start_again().await.expect("it starts");
    was_felt(&row.heals().await);
    for part in [Part::Api, Part::Applications] {
        assert!(always_closed(&watched, part), "{}: {:?}", part.name(), watched.breakers(part));
    }
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn the_disk_of_postgres_is_full() {
    let row = Row::begin_with("PostgreSQL's disk full", Options::temporary().disk(DISK)).await;
    row.fleet.server().fill_disk().expect("there is room to take");
    let full = row.applies.wait_until(SOON, "writes fail", |applies| applies.count("503") > 0);
    full.await.expect("no room for the next page of a table");
    sleep(times::outage()).await;
    row.fleet.server().empty_disk().expect("it was filled");
    let seen = row.heals().await;
    // Where nothing is written, nothing is missed; the breakers of `api` therefore stay closed.
    assert_eq!(seen.reads.count("200"), seen.reads.0.len(), "reads: {}", seen.reads);
    assert!(always_closed(&seen.watched, Part::Api), "{:?}", seen.watched.breakers(Part::Api));
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn no_question_to_a_frozen_postgres_goes_on_after_it_thaws() {
    let row = Row::begin("PostgreSQL frozen amid requests").await;
    row.fleet.server().freeze().expect("it runs");
    // Longer than the cut of a transaction, so that each pool has given connections up.
    sleep(Duration::from_secs(4)).await;
    row.fleet.server().thaw().expect("it is there");
    let client = database(&row.fleet).await;
    let thawed = "SELECT clock_timestamp()::text";
    let thawed: String = client.query_one(thawed, &[]).await.expect("it answers").get(0);
    row.heals().await;
    let old = "SELECT count(*) FROM pg_stat_activity
               WHERE application_name LIKE '%/pool' AND state <> 'idle' AND xact_start < $1::text::timestamptz";
    let old: i64 = client.query_one(old, &[&thawed]).await.expect("it answers").get(0);
    assert_eq!(old, 0, "transactions from before the thaw");
}
