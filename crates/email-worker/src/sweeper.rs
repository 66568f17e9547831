//! Forgets mails that were settled long ago.

use std::time::Duration;

use platform::function::Tools;
use platform::telemetry::context;
use platform::telemetry::log::chain;

use crate::settings::Settings;
use crate::store::Store;

/// How long a settled mail is kept, for questions about it.
const KEEP: Duration = Duration::from_hours(30 * 24);
/// How often the sweeper looks.
const EVERY: Duration = Duration::from_mins(1);
/// Mails of one statement: few enough to hold nothing up, and 720,000 a day are more than any day brings.
const AT_ONCE: usize = 500;

/// Sweeps until the process drains.
pub async fn run(tools: Tools<Settings>) {
    let store = match tools.pool() {
        Ok(pool) => Store::new(pool),
        Err(error) => {
            tracing::error!(error = chain(&error), "the sweeper has no database");
            return;
        }
    };
    loop {
        match context::unrecorded(store.sweep(KEEP, AT_ONCE)).await {
            Ok(0) => {}
            Ok(mails) => tracing::info!(mails, "old mails swept"),
            Err(error) => tracing::warn!(error = chain(&error), "old mails could not be swept"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = tools.drain.wait() => return,
        }
    }
}
