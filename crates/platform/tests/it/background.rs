//! Background work belongs to the process: it ends with it, and the process with it.

use nix::sys::signal::Signal;

use super::support::bare;

#[tokio::test]
async fn background_work_ends_with_the_drain() {
    let function = bare().ready().await;
    assert_eq!(function.told(Signal::SIGTERM).await, Some(0), "{}", function.output());
    function.line("the background ends with the drain").await;
}

#[tokio::test]
async fn background_work_that_outlives_the_drain_is_cut_and_the_process_fails() {
    let function = bare().env("LINGER_S", "9").env("DRAIN_S", "0.5").env("DRAIN_GIVE_UP_S", "5").ready().await;
    assert_eq!(function.told(Signal::SIGTERM).await, Some(1), "{}", function.output());
    function.line("background work did not end in time and is cut").await;
    function.line("the drain was given up: work in flight is cut").await;
    assert!(!function.output().contains("the background ends with the drain"), "{}", function.output());
}

async fn background_that_ends(how: &str, told: &str) {
    let function = bare().ready().await;
    assert_eq!(function.get(&format!("/end-background/{how}")).await.status, 202);
    assert_eq!(function.end().await.code(), Some(1), "{}", function.output());
    let line = function.line("a part of the process ended: the process ends").await;
    assert_eq!((&line["task"], &line["error"], &line["level"]), (&"waiter".into(), &told.into(), &"error".into()));
    // It drained like any other process, and fell over nothing on the way.
    function.line("draining").await;
    let panics = function.lines().into_iter().filter(|line| line["message"] == "panic").count();
    assert_eq!(panics, usize::from(how == "panic"), "{}", function.output());
}

#[tokio::test]
async fn background_work_that_returns_early_ends_the_process_with_a_failing_code() {
    background_that_ends("return", "it returned").await;
}

#[tokio::test]
async fn background_work_that_panics_ends_the_process_with_a_failing_code() {
    background_that_ends("panic", "it panicked").await;
}
