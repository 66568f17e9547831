//! Whether there is room for more, as `/readyz` says it.

use std::time::Duration;

use testbed::wait;

use super::support::{Running, database};

/// Longer than it takes to be said: 5 s of it, 2 s more at random on the way back, and the rounds.
const SAID: Duration = Duration::from_secs(20);

async fn is_good(function: &Running) -> bool {
    let report = function.get("/readyz").await.json();
    let checks = report["checks"].as_array().expect("a list").clone();
    let capacity = checks.iter().find(|check| check["name"] == "capacity").expect("it is checked").clone();
    assert!(capacity["error"].as_str().is_none_or(|text| text.contains("connections are in use")), "{capacity}");
    capacity["good"] == true
}

#[tokio::test]
async fn a_process_whose_pool_stays_full_is_not_ready_and_stays_routable() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "2").ready().await;
    let address = function.address;
    let callers: Vec<_> = (0..6)
        .map(|_| {
            tokio::spawn(async move {
                loop {
                    drop(super::support::get(address, "/sql/600").await);
                }
            })
        })
        .collect();
    let full = wait::until(SAID, "it is full", async || !is_good(&function).await).await;
    full.unwrap_or_else(|error| panic!("{error}: {}", function.output()));
    assert_eq!(function.get("/readyz").await.status, 503);
    assert_eq!(function.get("/routable").await.status, 200);
    assert_eq!(function.metric(r#"board_probe_good{check="capacity"}"#).await, Some(0.0));
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    wait::until(SAID, "there is room", async || is_good(&function).await).await.expect("it comes back by itself");
    assert_eq!(function.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_pool_that_is_used_to_the_last_while_nobody_waits_is_not_full() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "2").ready().await;
    // Two at a time for longer than five seconds and two rounds.
    for _ in 0..4 {
        let (first, second) = tokio::join!(function.get("/sql/2000"), function.get("/sql/2000"));
        assert_eq!((first.status, second.status), (200, 200));
        assert!(is_good(&function).await, "{}", function.output());
    }
}
