//! Waiting, ports.

use std::collections::BTreeSet;
use std::time::Duration;

use testbed::{port, wait};

use crate::DEADLINE;

#[tokio::test]
async fn a_condition_is_looked_at_until_it_is_true() {
    let mut looks = 0;
    let waited = wait::until(DEADLINE, "three looks", async || {
        looks += 1;
        looks == 3
    });
    waited.await.expect("the third look is content");
}

#[tokio::test]
async fn a_condition_that_stays_false_is_named() {
    let waited = wait::until(Duration::from_millis(20), "the moon is full", async || false);
    let error = waited.await.expect_err("it never is");
    assert_eq!(error.to_string(), "the moon is full: not within 20ms");
}

#[tokio::test]
async fn a_condition_that_hangs_is_abandoned_at_the_deadline() {
    let deadline = Duration::from_millis(20);
    let waited = wait::until(deadline, "an answer", std::future::pending);
    assert!(waited.await.is_err());
}

#[tokio::test]
async fn what_was_waited_for_is_returned() {
    let found = wait::until_some(DEADLINE, "a number", async || Some(7));
    assert_eq!(found.await.expect("it is there"), 7);
}

#[test]
fn no_port_is_given_twice() {
    let ports: BTreeSet<u16> = (0..200).map(|_| port::free_port()).collect();
    assert_eq!(ports.len(), 200);
}
