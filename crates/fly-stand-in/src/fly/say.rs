//! What a machine is told.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Ended, Fly, forced};
use crate::act::{Act, Call};
use crate::config;
use crate::go_duration;
use crate::machine::{Host, State};
use crate::refusal::Refusal;

/// The signals that may be sent.
const SIGNALS: [&str; 7] = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGTERM"];

fn done() -> Result<Ended, Refusal> {
    Ok((200, json!({ "ok": true })))
}

impl Fly {
    pub(super) fn start(&mut self, now: OffsetDateTime, id: &str) -> Result<Ended, Refusal> {
        let (machine, mut around) = self.with(id)?;
        let before = machine.state.word();
        machine.start(now, "user", &mut around)?;
        Ok((200, json!({ "previous_state": before, "migrated": false, "new_host": "" })))
    }

    pub(super) fn stop(&mut self, now: OffsetDateTime, call: &Call, id: &str) -> Result<Ended, Refusal> {
        let (machine, mut around) = self.with(id)?;
        let told = machine.config.pointer("/stop_config/signal").and_then(Value::as_str).unwrap_or("SIGINT");
        let signal = call.body.get("signal").and_then(Value::as_str).filter(|signal| !signal.is_empty());
        let signal = signal.unwrap_or(told).to_owned();
        if !SIGNALS.contains(&signal.as_str()) {
            return Err(Refusal::malformed("signal: no signal that is sent"));
        }
        let timeout = match call.body.get("timeout").filter(|timeout| !timeout.is_null()) {
            None => None,
            Some(value) => Some(go_duration::read(value).ok_or_else(|| Refusal::malformed("timeout: no duration"))?),
        };
        // Nothing, or no time at all, is what the configuration says.
        let timeout = timeout.filter(|timeout| !timeout.is_zero());
        let timeout = timeout.unwrap_or_else(|| config::kill_timeout(&machine.config));
        machine.stop(now, (&signal, timeout), "user", &mut around)?;
        done()
    }

    pub(super) fn suspend(&mut self, now: OffsetDateTime, id: &str) -> Result<Ended, Refusal> {
        let (machine, mut around) = self.with(id)?;
        machine.suspend(now, "user", &mut around)?;
        done()
    }

    pub(super) fn destroy(&mut self, now: OffsetDateTime, call: &Call, id: &str) -> Result<Ended, Refusal> {
        let (machine, mut around) = self.with(id)?;
        let free = machine.state.is_idle() || machine.state == State::Destroying;
        if !free && !forced(call) {
            let text = "unable to destroy machine, not currently stopped, suspended or failed";
            return Err(Refusal::wrong_state(text));
        }
        machine.destroy(now, &mut around);
        done()
    }

    /// The machine shows it at once, the proxies hear of it later.
    pub(super) fn cordon(&mut self, call: &Call, id: &str) -> Result<Ended, Refusal> {
        self.machine_mut(id)?.cordoned = call.act == Act::Cordon;
        done()
    }

    pub(super) fn metadata(&mut self, id: &str) -> Result<Ended, Refusal> {
        let metadata = self.machine_mut(id)?.config.get("metadata").cloned();
        Ok((200, metadata.unwrap_or_else(|| json!({}))))
    }

    pub(super) fn set_metadata(&mut self, call: &Call, id: &str) -> Result<Ended, Refusal> {
        let key = call.key.clone().unwrap_or_default();
        let value = call.body.get("value").and_then(Value::as_str).map(str::to_owned);
        let metadata = self.machine_mut(id)?.config.get_mut("metadata").and_then(Value::as_object_mut);
        let metadata = metadata.ok_or_else(|| Refusal::unfit("the machine has no metadata"))?;
        match (call.act, value) {
            (Act::DropMetadata, _) => {
                metadata.remove(&key);
            }
            (_, Some(value)) => {
                metadata.insert(key, json!(value));
            }
            (_, None) => return Err(Refusal::malformed("value: wanted a text")),
        }
        Ok((204, Value::Null))
    }

    /// Its host comes back, or goes.
    pub(super) fn host(&mut self, id: &str, host: Host) -> Result<(), Refusal> {
        self.machine_mut(id)?.host = host;
        Ok(())
    }
}
