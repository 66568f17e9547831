//! One machine that runs to its end: a migration.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::reader::group;
use super::{Deployer, Happened, Image, Proxy, Records, Told};
use crate::config::MachineConfig;
use crate::config::machine::MachineRestart;
use crate::machines::{Config, Error, MachineId, MachineName, Meaning, NewMachine, Region, Signal, State, Transport};

/// A machine that is to run once.
#[derive(Clone, Debug)]
pub struct OneOff {
    /// What it runs.
    pub image: Image,
    /// How. What keeps it out of everything else is added: it restarts never, has no name in DNS, and belongs to no group
    /// that flyctl deploys.
    pub config: MachineConfig,
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
    /// No machine was made, or none that anybody knows the end of.
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
    /// Runs one machine to its end, and removes it. When `stop` becomes true it is stopped.
    pub async fn one_off(&self, asked: &OneOff, mut stop: watch::Receiver<bool>) -> OneOffEnd {
        match self.left_over().await {
            Ok(None) => {}
            Ok(Some(end)) => return end,
            Err(error) => return not_made(&error, "Nothing was made. Run this again."),
        }
        let new = NewMachine {
            name: asked.name.clone(),
            region: asked.region.clone(),
            config: Config::new(config(asked)),
            skip_launch: false,
            cordoned: false,
        };
        let machine = match self.machines.create(&new).await {
            Ok(machine) => machine,
            Err(error) => return not_made(&error, "Look whether it runs (fly machine list), then run this again."),
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
        if let Err(error) = self.machines.destroy(&machine, true).await {
            (self.tell)(&Told { at: Duration::ZERO, what: Happened::Refused { why: error.to_string() } });
        }
        end
    }

    /// One of an earlier run: a finished one is removed, one that runs is waited for by a person.
    async fn left_over(&self) -> Result<Option<OneOffEnd>, Error> {
        for machine in self.machines.list().await?.into_iter().filter(|machine| !machine.state.is_gone()) {
            if group(&machine) != GROUP {
                continue;
            }
            if matches!(machine.state, State::Stopped | State::Failed | State::Created) {
                self.machines.destroy(&machine.id, false).await?;
                continue;
            }
            let (id, app) = (&machine.id, &self.machines.app);
            return Ok(Some(OneOffEnd::NotMade {
                what: format!("{} ({id}) of an earlier run is {}", machine.name, machine.state),
                todo: format!("Wait for its end, or end it: fly machine destroy --force {id} --app {app}."),
            }));
        }
        Ok(None)
    }

    /// Waits for its process to end, and reads how. What it was is written after the state that it leads to.
    async fn end_of(&self, machine: &MachineId, within: Duration) -> OneOffEnd {
        let deadline = Instant::now() + within;
        loop {
            match self.machines.get(machine).await {
                Ok(shown) => {
                    let started =
                        shown.events.iter().position(|event| event.kind == "start").unwrap_or(shown.events.len());
                    let exit = shown.events[..started].iter().find_map(|event| event.exit);
                    if let Some(exit) = exit.filter(|_| shown.state != State::Started) {
                        return OneOffEnd::Exited { code: exit.exit_code, oom: exit.oom_killed };
                    }
                }
                Err(error) if matches!(error.meaning, Meaning::Unreadable(_)) => {
                    return not_made(&error, "It was started: look at its logs (fly logs) for how it ended.");
                }
                Err(error) => {
                    (self.tell)(&Told { at: Duration::ZERO, what: Happened::Refused { why: error.to_string() } })
                }
            }
            if Instant::now() >= deadline {
                return OneOffEnd::Stopped { why: format!("it was not over within {} s", within.as_secs()) };
            }
            tokio::time::sleep(self.times.look).await;
        }
    }
}

fn not_made(error: &Error, todo: &str) -> OneOffEnd {
    OneOffEnd::NotMade { what: error.to_string(), todo: todo.to_owned() }
}

/// What flyctl gives a release command, but that it stays when it has ended: only then its code can be read for certain.
fn config(asked: &OneOff) -> Value {
    let mut config = asked.config.clone();
    config.image = asked.image.as_str().to_owned();
    config.metadata.insert("fly_process_group".to_owned(), GROUP.to_owned());
    config.env.insert("FLY_PROCESS_GROUP".to_owned(), GROUP.to_owned());
    config.env.insert("RELEASE_COMMAND".to_owned(), "1".to_owned());
    config.restart = Some(MachineRestart { policy: "no", max_retries: None });
    // A configuration is always JSON.
    let mut config = serde_json::to_value(&config).unwrap_or_default();
    config["dns"] = json!({ "skip_registration": true });
    config["auto_destroy"] = json!(false);
    config
}
