//! An app that runs once to its end: a migration.

use std::time::{Duration, Instant};

use deploy::run::{OneOff, OneOffEnd, Told};
use platform::clock::Clock;
use serde_json::json;
use tokio::sync::watch;

use super::ShipError;
use super::exit::Exit;
use super::order::Release;
use super::said::Teller;
use super::say::{LastWord, Say};
use super::signals::Signals;
use super::target::{Target, region};
use super::tree::Wanted;

/// Longer than any migration that expands: what takes longer is done by hand.
const WITHIN: Duration = Duration::from_secs(30 * 60);

/// Runs it.
pub(crate) async fn run(wanted: &Wanted, target: &Target, release: Release, say: Say) -> Result<LastWord, ShipError> {
    let began = Instant::now();
    let config = wanted.toml.machine_config(release.image.as_str(), &std::collections::BTreeMap::new());
    let id = Clock::system().id().simple().to_string();
    let name = format!("{}-once-{}", target.app, &id[..16]);
    let name = name.parse().map_err(|wrong| ShipError::Misnamed(wanted.name.clone(), "app", wrong))?;
    let asked =
        OneOff { image: release.image, config, commit: release.commit, name, region: region(wanted)?, within: WITHIN };
    let signals = Signals::take().map_err(|error| ShipError::System(format!("signals cannot be taken: {error}")))?;
    let (stop, stopped) = watch::channel(false);
    let teller = Teller::new(say);
    let tell = |told: &Told| teller.tell(told);
    let deployer = target.deployer(&tell);
    let first = || say.warn("stopping it; a second signal ends this at once, and leaves the machine");
    let end = signals.over(&stop, first, deployer.one_off(&asked, stopped)).await;
    Ok(last(&wanted.name, target.app.as_str(), end, began.elapsed()))
}

fn last(function: &str, app: &str, end: Option<OneOffEnd>, took: Duration) -> LastWord {
    let seconds = took.as_secs_f64();
    let (exit, told) = match &end {
        Some(OneOffEnd::Exited { code: 0, .. }) => {
            (Exit::Done, format!("{function} ran to its end, in {seconds:.1} s."))
        }
        Some(OneOffEnd::Exited { code, oom }) => {
            let why = if *oom { ", since its memory ran out" } else { "" };
            let told = format!("{function} ended with code {code}{why}. `fly logs --app {app}` has what it said.");
            (Exit::NeedsAPerson, told)
        }
        Some(OneOffEnd::Stopped { why }) => (Exit::TakenBack, format!("{function} was stopped: {why}.")),
        Some(OneOffEnd::NotMade { what, todo }) => (Exit::NeedsAPerson, format!("{what}\n{todo}")),
        None => {
            let told = format!("Ended at once: its machine may still run. `fly machine list --app {app}` shows it.");
            (Exit::Interrupted, told)
        }
    };
    LastWord { exit, told, more: json!({ "function": function, "seconds": seconds, "end": end }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_that_ended_with_0_is_done() {
        let exit = |end| last("migrate", "board-migrate", end, Duration::ZERO).exit;
        assert_eq!(exit(Some(OneOffEnd::Exited { code: 0, oom: false })), Exit::Done);
        assert_eq!(exit(Some(OneOffEnd::Exited { code: 1, oom: false })), Exit::NeedsAPerson);
        assert_eq!(exit(Some(OneOffEnd::Stopped { why: "late".to_owned() })), Exit::TakenBack);
        assert_eq!(exit(None), Exit::Interrupted);
        let told =
            last("migrate", "board-migrate", Some(OneOffEnd::Exited { code: 137, oom: true }), Duration::ZERO).told;
        assert!(told.contains("code 137, since its memory ran out"), "{told}");
    }
}
