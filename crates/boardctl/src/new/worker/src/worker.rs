//! The worker: goes round for as long as the process lives.

use std::cell::Cell;

use platform::function::Tools;
use platform::postgres::{Error, Pool};
use platform::telemetry::context;
use platform::telemetry::log::chain;

use super::round;
use super::settings::Settings;
use super::telemetry::Rounds;

/// Works until the process drains. A round that is under way is finished first.
pub(crate) async fn run(tools: Tools<Settings>) {
    match tools.pool() {
        Ok(pool) => Worker { pool, rounds: tools.metrics.of(), failing: Cell::default() }.work(&tools).await,
        // Its end is the end of the process.
        Err(error) => tracing::error!(error = chain(&error), "the worker cannot work"),
    }
}

struct Worker {
    pool: Pool,
    rounds: Rounds,
    /// Whether the last round failed.
    failing: Cell<bool>,
}

impl Worker {
    async fn work(&self, tools: &Tools<Settings>) {
        // Not before it was ready once: a release that never gets there is taken back, and must have done nothing.
        while !tools.drain.begun() && !tools.readiness.report(false).ready {
            self.rest(tools).await;
        }
        while !tools.drain.begun() {
            self.rounds.begun.inc();
            // Most rounds are like the last, and a trace of each would bury the others.
            self.heard(context::unrecorded(round::go(&self.pool)).await);
            self.rest(tools).await;
        }
    }

    async fn rest(&self, tools: &Tools<Settings>) {
        tokio::select! {
            () = tokio::time::sleep(tools.settings.poll) => {}
            () = tools.drain.wait() => {}
        }
    }

    /// Tells that rounds fail, and that they are good again, once each.
    fn heard(&self, round: Result<i64, Error>) {
        match round {
            Ok(migrations) => {
                if self.failing.replace(false) {
                    tracing::info!(migrations, "rounds are good again");
                }
            }
            Err(error) => {
                self.rounds.failed.inc();
                if !self.failing.replace(true) {
                    tracing::warn!(error = chain(&error), "a round failed");
                }
            }
        }
    }
}
