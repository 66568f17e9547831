//! Waiting for a state: a minute at most.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;

use super::{Ended, Fly, Outcome};
use crate::act::Call;
use crate::machine::{Machine, State};
use crate::refusal::Refusal;

/// The longest wait in seconds, and the one of who does not say.
const LONGEST: u64 = 60;

/// What may be waited for.
const STATES: [&str; 6] = ["started", "stopped", "suspended", "destroyed", "failed", "settled"];

/// A wait that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    machine: String,
    states: Vec<String>,
    version: Option<String>,
    pub(crate) until: OffsetDateTime,
}

impl Waiting {
    fn is_met(&self, machine: &Machine) -> bool {
        if self.version.as_ref().is_some_and(|version| *version != machine.instance) {
            return false;
        }
        self.states.iter().any(|wanted| match (wanted.as_str(), machine.state) {
            // It was seen to be so for a moment after a good answer.
            ("destroyed", State::Destroying) => true,
            ("settled", state) => state == State::Started || state.is_idle(),
            (wanted, state) => wanted == state.word(),
        })
    }
}

impl Fly {
    pub(super) fn wait(&self, now: OffsetDateTime, call: &Call) -> Result<Outcome, Refusal> {
        if call.one("from_event_id").is_some() {
            return Err(Refusal::not_kept("wait by event"));
        }
        let states = match call.all("state") {
            none if none.is_empty() => vec!["started"],
            states => states,
        };
        if let Some(unknown) = states.iter().find(|state| !STATES.contains(state)) {
            return Err(Refusal::malformed(format!("state: nobody waits for {unknown:?}")));
        }
        let timeout = call.one("timeout").map_or(Ok(LONGEST), str::parse);
        let timeout = timeout.ok().filter(|timeout| (1..=LONGEST).contains(timeout));
        let timeout = timeout.ok_or_else(|| Refusal::malformed("timeout: wanted 1 to 60 seconds"))?;
        let waiting = Waiting {
            machine: call.machine.clone().unwrap_or_default(),
            states: states.into_iter().map(str::to_owned).collect(),
            version: call.one("version").or_else(|| call.one("instance_id")).map(str::to_owned),
            until: now + Duration::from_secs(timeout),
        };
        Ok(match self.waited(now, &waiting) {
            Some(answer) => Outcome::Ended(answer),
            None => Outcome::Waits(waiting),
        })
    }

    /// What comes of a wait, once it is over.
    pub(super) fn waited(&self, now: OffsetDateTime, waiting: &Waiting) -> Option<Ended> {
        let Some(machine) = self.machines.get(&waiting.machine) else {
            let Refusal { status, body } = Refusal::no_machine();
            return Some((status, body));
        };
        let word = machine.state.word();
        if waiting.is_met(machine) {
            let (version, event) = (&machine.instance, machine.last_event());
            return Some((200, json!({ "ok": true, "state": word, "version": version, "event_id": event })));
        }
        let wanted = waiting.states.join(", ");
        let text = format!("deadline_exceeded: machine failed to reach desired state, {wanted}, currently {word}");
        (waiting.until <= now).then(|| (408, json!({ "error": text })))
    }
}
