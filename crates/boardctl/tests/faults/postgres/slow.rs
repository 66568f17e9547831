//! PostgreSQL far away: every answer of it late, on connections that were made and know their statements before.

use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::wait;
use tokio::time::sleep;

use super::{SOON, always_closed, was_an_outage};
use crate::faults::burst::burst;
use crate::faults::fleet::{Fleet, MACHINES};
use crate::faults::row::Row;
use crate::faults::scene::Scene;
use crate::faults::scripts::{Applies, Reads};
use crate::faults::{meters, times};

/// Within a transaction's bound, and within the prober's.
const LATE: Duration = Duration::from_millis(1_500);

/// What an application may take when PostgreSQL's answers are that late: it waits for one of them.
const ONE_ANSWER: Duration = Duration::from_secs(3);

/// Beyond the prober's bound of 2 s.
const TOO_LATE_TO_BE_READY: Duration = Duration::from_secs(3);

/// Beyond a transaction's bound of 3 s.
const TOO_LATE: Duration = Duration::from_secs(4);

/// Opens all connections that the machines may have, and prepares on each of them what people will ask. Where that takes
/// longer than people wait for a connection, some of them are refused: then again.
async fn warm(fleet: &Fleet) {
    let warm = async || {
        let scene = Scene::of(fleet, 80).await;
        let reads = burst(&[fleet.front(Part::Api)], 32, 400, Reads(scene.clone())).await;
        let applies = burst(&[fleet.front(Part::Applications)], 32, 400, Applies::new(scene)).await;
        (reads.count("200"), applies.count("201")) == (400, 400)
    };
    wait::until(SOON, "all connections", warm).await.expect("they are opened once");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn answers_of_postgres_one_and_a_half_seconds_late_are_waited_for() {
    let row = Row::begin_gently("Every answer of PostgreSQL 1.5 s later").await;
    warm(&row.fleet).await;
    let late = Instant::now();
    row.fleet.postgres.delay(LATE);
    sleep(times::outage()).await;
    let meanwhile = row.applies.so_far().between(late, Instant::now());
    row.fleet.postgres.heal().expect("its port is ours");
    let seen = row.heals().await;
    assert_eq!(meanwhile.count("201"), meanwhile.0.len(), "applies meanwhile: {meanwhile}");
    assert!(meanwhile.longest() >= LATE, "nobody felt it: {:?}", meanwhile.longest());
    assert!(meanwhile.longest() < ONE_ANSWER, "an application took {:?}", meanwhile.longest());
    assert_eq!(seen.reads.count("200"), seen.reads.0.len(), "reads: {}", seen.reads);
    for part in [Part::Api, Part::Applications] {
        assert!(always_closed(&seen.watched, part), "{}: {:?}", part.name(), seen.watched.breakers(part));
    }
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn answers_of_postgres_four_seconds_late_are_cut_and_open_the_breaker() {
    let row = Row::begin_gently("Every answer of PostgreSQL 4 s later").await;
    warm(&row.fleet).await;
    row.fleet.postgres.delay(TOO_LATE);
    let open = async || {
        let machines = row.fleet.metrics_of(Part::Api).chain(row.fleet.metrics_of(Part::Applications));
        meters::sum(&meters::texts(machines).await, "board_breaker_state{dependency=\"postgres\"}") == 2 * 2 * MACHINES
    };
    wait::until(SOON, "all breakers open", open).await.expect("a database that is too slow is left alone");
    row.fleet.postgres.heal().expect("its port is ours");
    was_an_outage(&row.heals().await);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn a_probe_that_takes_three_seconds_makes_a_machine_unready_and_ends_none() {
    let row = Row::begin_gently("A SELECT 1 of 3 s").await;
    let late = Instant::now();
    row.fleet.postgres.delay(TOO_LATE_TO_BE_READY);
    row.wait_until_unready_since(late).await;
    // Longer than any watchdog would wait, with the real times.
    sleep(times::outage()).await;
    row.fleet.postgres.heal().expect("its port is ours");
    let seen = row.heals().await;
    assert!(seen.watched.slowest_health() < Duration::from_secs(1), "{:?}", seen.watched.slowest_health());
}
