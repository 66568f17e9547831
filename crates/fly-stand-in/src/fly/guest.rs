//! What whoever runs real processes asks and tells.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;
use time::OffsetDateTime;

use super::Fly;
use crate::config;
use crate::machine::life::Due;
use crate::machine::{State, Stop};

/// What a machine's process should be like now.
pub(crate) struct Wanted {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) app: String,
    pub(crate) state: State,
    pub(crate) boots: u64,
    pub(crate) stop: Option<Stop>,
    /// The image by all its names.
    pub(crate) images: [String; 3],
    /// Where the first service is met, if it has any.
    pub(crate) port: Option<u16>,
}

/// What a machine's process is told at its start. The values of secrets are in nothing else.
pub(crate) struct Told {
    pub(crate) app: String,
    pub(crate) id: String,
    pub(crate) instance: String,
    pub(crate) region: String,
    pub(crate) config: Value,
    pub(crate) secrets: BTreeMap<String, SecretString>,
}

impl Fly {
    /// Of each machine that is still known.
    pub(crate) fn wanted(&self) -> Vec<Wanted> {
        let wanted = self.machines.values().map(|machine| Wanted {
            id: machine.id.clone(),
            name: machine.name.clone(),
            app: machine.app.clone(),
            state: machine.state,
            boots: machine.boots,
            stop: machine.stop.clone(),
            images: machine.image_names().map(str::to_owned),
            port: config::internal_port(&machine.config),
        });
        wanted.collect()
    }

    /// What a process that starts now is told.
    pub(crate) fn told(&self, id: &str) -> Option<Told> {
        let machine = self.machines.get(id)?;
        Some(Told {
            app: machine.app.clone(),
            id: machine.id.clone(),
            instance: machine.instance.clone(),
            region: machine.region.clone(),
            config: machine.config.clone(),
            secrets: self.secret_values(&machine.app),
        })
    }

    /// What came of a look at a check. It says false where the machine is not in that boot any more.
    pub(crate) fn seen(
        &mut self,
        now: OffsetDateTime,
        (id, boots): (&str, u64),
        check: &str,
        (passing, output): (bool, &str),
    ) -> bool {
        let machine = self.machines.get_mut(id).filter(|machine| machine.boots == boots);
        let Some(machine) = machine.filter(|machine| machine.state == State::Started) else { return false };
        let known = machine.checked(now, check, passing, output);
        self.publish(now, id);
        known
    }

    /// The process of this boot has ended: with a code, which is 128 and the signal where that ended it.
    pub(crate) fn exited(&mut self, now: OffsetDateTime, id: &str, boots: u64, code: i64, signal: Option<i64>) {
        let Ok((machine, mut around)) = self.with(id) else { return };
        if machine.boots == boots && matches!(machine.state, State::Started | State::Stopping) {
            machine.happen(now, Due::Exits { code, signal, oom: false }, &mut around);
            self.publish(now, id);
        }
    }
}
