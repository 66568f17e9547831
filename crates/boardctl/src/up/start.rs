//! Brings the board up, part by part.

use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use platform::clock::Clock;
use testbed::board::{Board, Part, Secrets, Servers};
use testbed::process::Process;

use super::UpError;
use super::progress::Progress;
use crate::{sample, sibling};

/// How long a part may take to become ready on a busy machine.
const READY: Duration = Duration::from_secs(60);
/// How long a part may take to drain.
const DRAIN: Duration = Duration::from_secs(30);
/// The port of a part, which it has if it is free: of the inbox, of the functions that the README has people call, and of all
/// others those after these.
fn port(part: Part) -> u16 {
    let functions = || Part::functions().into_iter().zip(8080..);
    match part {
        Part::ResendStandIn => 8025,
        _ => functions().find(|(function, _)| *function == part).map_or(0, |(_, port)| port),
    }
}

/// The parts at work.
pub(super) struct Running(pub(super) Vec<Process>);

impl Running {
    /// Waits until a part ends; its name.
    pub(super) async fn first_to_end(&self) -> String {
        let ends = self.0.iter().map(|part| {
            Box::pin(async {
                while part.is_running() {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                part.name().to_owned()
            })
        });
        futures_util::future::select_all(ends).await.0
    }

    /// Drains every part, then lets the servers end.
    pub(super) async fn stop(self, say: &Progress) {
        say.begin("draining every function, then stopping the servers");
        for end in join_all(self.0.iter().map(|part| part.stop(DRAIN))).await {
            if let Err(error) = end {
                eprintln!("{error}");
            }
        }
    }
}

/// A migrated board; sample data only where the database was made just now.
pub(super) async fn board(servers: Servers, folder: &Path, say: &Progress) -> Result<Board, UpError> {
    say.begin("bringing the database forward");
    let board = Board::migrated(servers, Secrets::kept_in(folder)?, sibling::binary, port).await?;
    if let Some(server) = board.servers.postgres.own() {
        let client = server.client("board").await?;
        if is_empty(&client).await.map_err(UpError::Sample)? {
            say.begin("filling in 50 companies and 300 jobs");
            sample::fill(&client, &Clock::system()).await.map_err(UpError::Sample)?;
        }
    }
    Ok(board)
}

/// Whether the sample data is still to be filled in: it comes in one statement, so never by halves.
async fn is_empty(client: &tokio_postgres::Client) -> Result<bool, tokio_postgres::Error> {
    Ok(client.query_one("SELECT NOT EXISTS (SELECT FROM companies)", &[]).await?.get(0))
}

/// Starts every part and waits until all are ready.
pub(super) async fn parts(board: &Board, folder: &Path, say: &Progress) -> Result<Running, UpError> {
    let mut running = Vec::new();
    for part in Part::all() {
        say.begin(&format!("starting {}", part.name()));
        let log = folder.join("logs").join(format!("{}.log", part.name()));
        running.push(board.command(part)?.log_to(&log).start()?);
    }
    for (part, process) in Part::all().into_iter().zip(&running) {
        process.wait_until_ok(&format!("{}/readyz", board.url(part)), READY).await?;
    }
    Ok(Running(running))
}
