//! Tries that failed cost nothing, and tries whose outcome nobody knows have one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use testbed::board::Part;
use testbed::load::{Connection, Script};
use testbed::wait;
use tokio::time::sleep;

use crate::faults::burst::burst;
use crate::faults::fleet::{Fleet, MACHINES};
use crate::faults::row::Row;
use crate::faults::scene::Scene;
use crate::faults::scripts::{Applies, Greedy};
use crate::faults::{meters, table, times, verdicts};

/// Twice as many as are allowed.
const TRIES: u64 = 20;

/// Bound for what nobody is promised in a certain time, when PostgreSQL was frozen before.
fn soon() -> Duration {
    Duration::from_secs(60) + times::freeze()
}

/// What came of a try in the end, and what it took.
pub(in crate::faults) struct Outcome {
    /// The application, unless the quota was full.
    pub(in crate::faults) id: Option<String>,
    pub(in crate::faults) tries: usize,
}

/// Repeats a request with its key until it is answered: with an application or by the quota.
async fn until_answered(address: SocketAddr, greedy: Greedy, number: u64) -> Outcome {
    let (mut connection, ask, begun) = (Connection::to(address), greedy.ask(number), Instant::now());
    let mut tries = 0;
    loop {
        tries += 1;
        let answer = connection.ask(&ask).await.unwrap_or_else(|lost| panic!("try {tries} of {number}: {lost}"));
        match answer.status {
            201 => return Outcome { id: Some(answer.json()["id"].as_str().expect("an id").to_owned()), tries },
            // One that was given up may still be at work, with its key.
            409 => drop(answer.problem(409, "request-in-progress")),
            _ => match greedy.judge(number, Ok(&answer)) {
                Ok("429") => return Outcome { id: None, tries },
                Ok(_) => {}
                Err(wrong) => panic!("try {tries} of {number}: {wrong}"),
            },
        }
        assert!(begun.elapsed() < soon(), "no end of {number} after {tries} tries: {answer:?}");
        sleep(times::client_pause()).await;
    }
}

/// Every try at once, each with a key of its own; what came of them, in their order.
pub(in crate::faults) async fn all_answered(address: SocketAddr, greedy: &Greedy) -> Vec<Outcome> {
    join_all((0..TRIES).map(|number| until_answered(address, greedy.clone(), number))).await
}

/// Opens as many connections to PostgreSQL as the machines may have, in the name of others: until so many at once are all
/// accepted, since those who wait for a connection to be opened may wait too long.
async fn warm(fleet: &Fleet) {
    let accepted = async || {
        let others = Applies::new(Scene::of(fleet, 40).await);
        burst(&[fleet.front(Part::Applications)], 32, 200, others).await.count("201") == 200
    };
    wait::until(soon(), "all accepted", accepted).await.expect("the machines have their connections");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn tries_while_postgres_is_frozen_have_one_outcome_for_each_key() {
    println!("\n--- 20 tries with PostgreSQL frozen");
    let fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    warm(&fleet).await;
    let (address, greedy) = (fleet.front(Part::Applications), Greedy::with_jobs(&fleet, 20).await);
    fleet.server().freeze().expect("it runs");
    let thaw = async {
        sleep(times::freeze()).await;
        fleet.server().thaw().expect("it is there");
        Instant::now()
    };
    let (outcomes, thawed) = tokio::join!(all_answered(address, &greedy), thaw);
    let back = thawed.elapsed();
    let tries: usize = outcomes.iter().map(|outcome| outcome.tries).sum();
    let ids: Vec<Option<String>> = outcomes.into_iter().map(|outcome| outcome.id).collect();
    let accepted: Vec<String> = ids.iter().flatten().cloned().collect();
    let saw = format!("{tries} requests with {TRIES} keys; {} applications", accepted.len());
    table::add("20 tries with PostgreSQL frozen, repeated with their keys until answered", &saw, back);
    assert!(tries > ids.len(), "nobody felt the freeze");
    let again: Vec<_> = all_answered(address, &greedy).await.into_iter().map(|outcome| outcome.id).collect();
    assert_eq!(again, ids, "each key has one outcome");
    let person = [greedy.person().id.clone()];
    assert_eq!(verdicts::nothing_is_lost_or_doubled(&fleet, &accepted, &person).await, 10);
    assert_eq!(accepted.len(), 10);
    assert!(back <= times::back(), "answered after {back:?}, which may take {:?}", times::back());
    assert_eq!(fleet.dead(), Vec::<String>::new(), "nobody killed these");
    fleet.give_back();
}

/// Until no machine of the function asks PostgreSQL any more.
async fn breakers_open(fleet: &Fleet) {
    let open = async || {
        let texts = meters::texts(fleet.metrics_of(Part::Applications)).await;
        meters::sum(&texts, "board_breaker_state{dependency=\"postgres\"}") == 2 * MACHINES
    };
    wait::until(soon(), "the breakers open", open).await.expect("there is load that fails");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn refused_tries_cost_nothing() {
    let row = Row::begin("20 tries refused, 20 more with the breaker open, then ten applications").await;
    let (address, greedy) = (row.fleet.front(Part::Applications), Greedy::with_jobs(&row.fleet, 60).await);
    let failed = async || {
        let (begun, clients) = (Instant::now(), 4);
        let report = burst(&[address], clients, TRIES, greedy.clone()).await;
        assert_eq!(report.wrongs(begun), Vec::<String>::new());
        assert_eq!(report.count("503"), report.0.len(), "{report}");
    };
    row.fleet.postgres.refuse().expect("its port is ours");
    row.fleet.postgres.cut();
    failed().await;
    breakers_open(&row.fleet).await;
    failed().await;
    row.fleet.postgres.heal().expect("its port is ours");
    let healed = Instant::now();
    for number in 0..10 {
        let outcome = until_answered(address, greedy.clone(), number).await;
        assert!(outcome.id.is_some(), "only {number} were accepted");
    }
    assert!(healed.elapsed() < times::back(), "ten in {:?}", healed.elapsed());
    assert_eq!(until_answered(address, greedy.clone(), 10).await.id, None, "an eleventh was accepted");
    row.heals().await;
}
