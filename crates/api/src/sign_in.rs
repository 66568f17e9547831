//! Sign-in by a mailed single-use link. The row holds no token: see [`contracts::sign_in`].

mod address;
pub(crate) mod http;
mod ring;
mod store;

use std::time::Duration;

use platform::function::Tools;
use platform::telemetry::context;
use platform::telemetry::log::chain;

pub(crate) use address::Address;

use crate::settings::ApiSettings;

/// How often old sign-ins are swept.
const SWEEP: Duration = Duration::from_secs(60);

/// Deletes sign-ins older than a day, until the process drains.
pub(crate) async fn sweep(tools: Tools<ApiSettings>) {
    let Ok(pool) = tools.pool() else { return };
    loop {
        match context::unrecorded(store::sweep(&pool)).await {
            Ok(0) => {}
            Ok(swept) => {
                tracing::info!(swept, "old sign-ins swept");
                // A busy minute leaves more than a batch behind: on until one is empty.
                if !tools.drain.begun() {
                    continue;
                }
            }
            Err(error) => tracing::warn!(error = chain(&error), "old sign-ins could not be swept"),
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = tools.drain.wait() => return,
        }
    }
}
