//! A run, from its first line to its last: told while it happens, taken back by a signal.

use std::time::Instant;

use deploy::run::{Order, Told};
use tokio::sync::watch;

use super::exit::Exit;
use super::said::Teller;
use super::say::{LastWord, Say};
use super::signals::Signals;
use super::target::Target;
use super::tree::Wanted;
use super::{ShipError, ended};

/// Does what the order says.
pub(crate) async fn run(wanted: &Wanted, target: &Target, order: &Order, say: Say) -> Result<LastWord, ShipError> {
    let began = Instant::now();
    let signals = Signals::take().map_err(|error| ShipError::System(format!("signals cannot be taken: {error}")))?;
    let (stop, stopped) = watch::channel(false);
    let teller = Teller::new(say);
    let tell = |told: &Told| teller.tell(told);
    let deployer = target.deployer(&tell);
    let first = || say.warn("taking it back; a second signal ends it at once");
    let run = signals.over(&stop, first, deployer.run(order, stopped)).await;
    Ok(match run {
        Some(run) => ended::last(&wanted.name, &run, order, began.elapsed()),
        None => interrupted(&wanted.name),
    })
}

/// A second signal came.
fn interrupted(function: &str) -> LastWord {
    let told = format!(
        "Ended at once, in the middle of it. What stands there may be two colours, and both may serve: \
         `boardctl deploy {function} --mend` finishes or undoes it, and so does the next deploy."
    );
    LastWord::new(Exit::Interrupted, told)
}
