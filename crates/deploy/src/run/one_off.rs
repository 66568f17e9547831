//! One machine that runs to its end: a migration.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::course::is_final;
use super::reader::group;
use super::{Deployer, Happened, Image, Proxy, Records, Told};
use crate::config::MachineConfig;
use crate::config::machine::MachineRestart;
use crate::machines::{
    Config, Error, MachineId, MachineName, Meaning, MetadataKey, NewMachine, Region, Signal, State, Transport,
};
use crate::ship::keys;

/// A machine that is to run once.
#[derive(Clone, Debug)]
pub struct OneOff {
    /// What it runs.
    pub image: Image,
    /// How. What keeps it out of everything else is added: it restarts never, has no name in DNS, and belongs to no group
    /// that flyctl deploys.
    pub config: MachineConfig,
    /// The commit that the image was built from.
    pub commit: String,
    /// A name that is never used twice.
    pub name: MachineName,
    /// Where.
    pub region: Region,
    /// How long it may take.
    pub within: Duration,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum OneOffEnd {
    /// The process has ended by itself.
    Exited {
        /// With which code.
        code: i64,
        /// Whether memory ran out.
        oom: bool,
    },
    /// It was not over in time, or somebody stopped it: the machine is gone, and what it was at is undone or not, as it
    /// is written.
    Stopped {
        /// Why.
        why: String,
    },
    /// No machine was made, or none that anybody knows the end of: it may still run.
    NotMade {
        /// What is so.
        what: String,
        /// What to do.
        todo: String,
    },
}

/// The group that flyctl leaves out of deploys, and whose leftovers it removes.
const GROUP: &str = "fly_app_release_command";

impl<T: Transport, P: Proxy, R: Records> Deployer<'_, T, P, R> {
    /// Runs one machine to its end, and removes it, unless it ended well: that one stays, stopped, until the next one comes, and
    /// tells [`Deployer::ran`] what it was. When `stop` becomes true it is stopped. One of which nobody knows whether
    /// it still runs is left: a migration is not killed for an answer that could not be read.
    pub async fn one_off(&self, asked: &OneOff, mut stop: watch::Receiver<bool>) -> OneOffEnd {
        match self.left_over().await {
            Ok(None) => {}
            Ok(Some(end)) => return end,
            Err(error) => return not_made(&error, "Nothing was made. Run this again.".to_owned()),
        }
        if *stop.borrow() {
            return OneOffEnd::Stopped { why: "somebody stopped it before it was made".to_owned() };
        }
        let machine = match self.machines.create(&new(asked)).await {
            Ok(machine) => machine,
            Err(error) => {
                let look = format!("Look whether {} runs (fly machine list --app {})", asked.name, self.machines.app);
                return not_made(&error, format!("{look}, then run this again."));
            }
        };
        let stopped = async {
            while !*stop.borrow_and_update() {
                if stop.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let end = tokio::select! {
            end = self.end_of(&machine, asked.within) => end,
            () = stopped => {
                // Its outcome shows in what is read next, and it is removed whatever comes of it.
                let _told = self.machines.stop(&machine, Signal::Term, self.times.kill).await;
                let _ended = self.machines.wait(&machine, &State::Stopped, None, self.times.kill * 2).await;
                OneOffEnd::Stopped { why: "somebody stopped it".to_owned() }
            }
        };
        if matches!(end, OneOffEnd::Exited { code: 0, .. }) {
            self.passed(&machine, asked).await;
            return end;
        }
        self.removed(&machine, end).await
    }

    async fn passed(&self, machine: &MachineId, asked: &OneOff) {
        // Of letters and a line.
        let Ok(key) = keys::PASSED.parse::<MetadataKey>() else { return };
        if let Err(error) = self.machines.set_metadata(machine, &key, asked.name.as_str()).await {
            self.tell_refused(&error);
        }
    }

    /// The commit of the last one that ended well; `None` where that is not known, since another came after it.
    ///
    /// # Errors
    /// When the machines cannot be read.
    pub async fn ran(&self) -> Result<Option<String>, Error> {
        let all = self.machines.list().await?;
        let good = all.iter().filter(|machine| group(machine) == GROUP && !machine.state.is_gone());
        let good = good.filter(|machine| machine.metadata(keys::PASSED).is_some());
        // Of ULIDs the greatest is the newest.
        let newest = good.max_by(|one, other| one.instance_id.as_str().cmp(other.instance_id.as_str()));
        Ok(newest.and_then(|machine| machine.metadata(keys::COMMIT)).map(str::to_owned))
    }

    /// Removes it; how it ended. One that could not be told to end may run on.
    async fn removed(&self, machine: &MachineId, end: OneOffEnd) -> OneOffEnd {
        if matches!(end, OneOffEnd::NotMade { .. }) {
            return end;
        }
        let Err(error) = self.machines.destroy(machine, true).await else { return end };
        if let OneOffEnd::Stopped { why } = end {
            return OneOffEnd::NotMade {
                what: format!("{why}, and may still run: {error}"),
                todo: self.by_hand(machine),
            };
        }
        self.tell_refused(&error);
        end
    }

    /// One of an earlier run: a finished one is removed, one that runs, or soon will, is waited for by a person.
    async fn left_over(&self) -> Result<Option<OneOffEnd>, Error> {
        for machine in self.machines.list().await?.into_iter().filter(|machine| !machine.state.is_gone()) {
            if group(&machine) != GROUP {
                continue;
            }
            if matches!(machine.state, State::Stopped) || is_lost(&machine.state) {
                self.machines.destroy(&machine.id, false).await?;
                continue;
            }
            return Ok(Some(OneOffEnd::NotMade {
                what: format!("{} ({}) of an earlier run is {}", machine.name, machine.id, machine.state),
                todo: self.by_hand(&machine.id),
            }));
        }
        Ok(None)
    }

    /// Waits for its process to end, and reads how. What it was is written after the state that it leads to.
    async fn end_of(&self, machine: &MachineId, within: Duration) -> OneOffEnd {
        let began = Instant::now();
        loop {
            match self.machines.get(machine).await {
                Ok(shown) => {
                    let started =
                        shown.events.iter().position(|event| event.kind == "start").unwrap_or(shown.events.len());
                    let exit = shown.events[..started].iter().find_map(|event| event.exit);
                    if let Some(exit) = exit.filter(|_| shown.state != State::Started) {
                        return OneOffEnd::Exited { code: exit.exit_code, oom: exit.oom_killed };
                    }
                    if shown.state.is_gone() || is_lost(&shown.state) {
                        let what =
                            format!("{} ({machine}) is {}, and did not say how it ended", shown.name, shown.state);
                        return OneOffEnd::NotMade { what, todo: self.by_hand(machine) };
                    }
                }
                Err(error) if is_final(&error.meaning) || self.is_unknown(&error, began) => {
                    return not_made(&error, self.by_hand(machine));
                }
                Err(error) => self.tell_refused(&error),
            }
            if began.elapsed() >= within {
                return OneOffEnd::Stopped { why: format!("it was not over within {} s", within.as_secs()) };
            }
            tokio::time::sleep(self.times.look).await;
        }
    }

    /// Whether there is no such machine, and not only not yet.
    fn is_unknown(&self, error: &Error, began: Instant) -> bool {
        matches!(error.meaning, Meaning::NotFound(_)) && began.elapsed() >= self.times.limits.lag
    }

    fn by_hand(&self, machine: &MachineId) -> String {
        let app = &self.machines.app;
        format!(
            "See in its logs (fly logs --app {app}) how far it is. Wait for its end, or end it: fly machine destroy --force \
             {machine} --app {app}."
        )
    }

    fn tell_refused(&self, error: &Error) {
        (self.tell)(&Told { at: Duration::ZERO, what: Happened::Refused { why: error.to_string() } });
    }
}

/// Whether it does not run, and will not.
fn is_lost(state: &State) -> bool {
    matches!(state, State::Failed | State::LaunchFailed)
}

fn not_made(error: &Error, todo: String) -> OneOffEnd {
    OneOffEnd::NotMade { what: error.to_string(), todo }
}

fn new(asked: &OneOff) -> NewMachine {
    NewMachine {
        name: asked.name.clone(),
        region: asked.region.clone(),
        config: Config::new(config(asked)),
        skip_launch: false,
        cordoned: false,
    }
}

/// What flyctl gives a release command, but that it stays when it has ended: only then its code can be read for certain.
fn config(asked: &OneOff) -> Value {
    let mut config = asked.config.clone();
    config.image = asked.image.as_str().to_owned();
    config.metadata.insert("fly_process_group".to_owned(), GROUP.to_owned());
    config.metadata.insert(keys::COMMIT.to_owned(), asked.commit.clone());
    config.env.insert("FLY_PROCESS_GROUP".to_owned(), GROUP.to_owned());
    config.env.insert("RELEASE_COMMAND".to_owned(), "1".to_owned());
    config.restart = Some(MachineRestart { policy: "no", max_retries: None });
    // A configuration is always JSON.
    let mut config = serde_json::to_value(&config).unwrap_or_default();
    config["dns"] = json!({ "skip_registration": true });
    config["auto_destroy"] = json!(false);
    config
}
