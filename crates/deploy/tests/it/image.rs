//! Every function in the file system of its image, as the first and only process, as nobody, on a disk that it cannot
//! write: what Fly and Kubernetes start.

mod container;
mod layout;
mod stage;

use std::time::Duration;

use nix::sys::signal::Signal;
use testbed::board::{Board, Part};

use super::binaries::{PATIENCE, environment};
use container::Container;

/// As on Fly: on all addresses, both kinds.
fn container(board: &Board, part: Part, start: Start) -> Container {
    let ports = board.ports(part);
    let mut environment = environment(board, part);
    environment.extend([
        ("LISTEN".to_owned(), format!("[::]:{}", ports.http)),
        ("METRICS_LISTEN".to_owned(), format!("[::]:{}", ports.metrics)),
        // The drain itself is tested elsewhere, in all its length.
        ("LAME_DUCK_S".to_owned(), "1".to_owned()),
    ]);
    start(part.name(), environment)
}

type Start = fn(&str, Vec<(String, String)>) -> Container;

async fn serves_and_drains(signal: Signal, start: Start) {
    let board = Board::temporary().await.expect("a board");
    let _resend = board.command(Part::ResendStandIn).expect("built").start().expect("started");
    let all: Vec<_> = Part::functions().into_iter().map(|part| (part, container(&board, part, start))).collect();
    for (part, container) in &all {
        container.process.wait_until_ok(&format!("{}/readyz", board.url(*part)), PATIENCE).await.expect("it is ready");
        let seen = container.seen().await;
        assert_eq!((seen.pid_within, seen.user, seen.may_write), (1, 65_532, false), "{part:?}");
        // Whom it did not start it does not wait for, and whose end it hears of disturbs it in nothing.
        container.leave_an_orphan().await;
        container.process.wait_until_ok(&format!("{}/healthz", board.url(*part)), PATIENCE).await.expect("it lives");
        container.signal(signal).await;
    }
    for (part, container) in &all {
        let status = container.process.wait(PATIENCE).await.expect("it ends");
        assert_eq!(status.code(), Some(0), "{part:?} after {signal}: {}", container.process.output());
        assert!(container.process.output().contains("\"draining\""), "{}", container.process.output());
    }
}

#[tokio::test]
async fn a_function_in_its_image_serves_and_drains_on_sigterm() {
    serves_and_drains(Signal::SIGTERM, Container::start).await;
}

#[tokio::test]
async fn a_function_in_an_image_without_certificates_serves_and_drains_on_sigint() {
    serves_and_drains(Signal::SIGINT, Container::start_without_certificates).await;
}

#[tokio::test]
async fn migrate_in_its_image_brings_the_database_forward_and_ends() {
    let board = Board::temporary().await.expect("a board");
    let environment = vec![("DATABASE_URL".to_owned(), board.servers.owner_url())];
    let container = Container::start("migrate", environment);
    let status = container.process.wait(Duration::from_secs(30)).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", container.process.output());
}

#[tokio::test]
async fn a_function_in_its_image_names_its_wrong_settings() {
    let container = Container::start("api", Vec::new());
    let status = container.process.wait(Duration::from_secs(30)).await.expect("it ends");
    assert_eq!(status.code(), Some(64), "{}", container.process.output());
    assert!(container.process.output().contains("DATABASE_URL is missing"), "{}", container.process.output());
}
