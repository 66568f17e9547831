//! What is looked at.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Ended, Fly};
use crate::act::Call;
use crate::config;
use crate::machine::State;
use crate::refusal::Refusal;

/// What a list in short leaves out.
const LONG: [&str; 5] = ["config", "incomplete_config", "checks", "events", "host_status"];

impl Fly {
    /// All machines of the app, as a copy has them that lags behind.
    pub(super) fn list(&self, now: OffsetDateTime, call: &Call) -> Ended {
        let machines = self.machines.values().filter(|machine| machine.app == call.app);
        let shown = machines.filter_map(|machine| machine.shown.seen(now, self.settings.list_lag));
        let (states, regions) = (call.all("state"), call.all("region"));
        let is = |machine: &Value, key: &str, wanted: &[&str]| {
            wanted.is_empty() || machine[key].as_str().is_some_and(|word| wanted.contains(&word))
        };
        let wanted = |machine: &&Value| {
            let gone = machine["state"] == "destroyed" && !call.says("include_deleted");
            let mut metadata = call.metadata();
            let tagged = metadata.all(|(key, value)| machine["config"]["metadata"][key] == value);
            !gone && tagged && is(machine, "state", &states) && is(machine, "region", &regions)
        };
        let short = |mut machine: Value| {
            if let Some(fields) = machine.as_object_mut().filter(|_| call.says("summary")) {
                fields.retain(|key, _| !LONG.contains(&key.as_str()));
            }
            machine
        };
        (200, shown.filter(wanted).cloned().map(short).collect())
    }

    /// One process, which listens where the first service is met, whether or not it does.
    pub(super) fn processes(&mut self, id: &str) -> Result<Ended, Refusal> {
        let machine = self.machine_mut(id)?;
        if machine.state != State::Started {
            return Err(Refusal::wrong_state("machine not started"));
        }
        let sockets: Vec<Value> = config::internal_port(&machine.config)
            .map(|port| json!({ "proto": "tcp", "address": format!("[::]:{port}") }))
            .into_iter()
            .collect();
        let process = json!({ "pid": 318, "command": "/app", "directory": "/", "cpu": 1, "rss": 10_000, "stime": 1, "rtime": 1,
            "listen_sockets": sockets });
        Ok((200, json!([process])))
    }

    pub(super) fn events(&mut self, call: &Call, id: &str) -> Result<Ended, Refusal> {
        let limit = call.one("limit").map(str::parse).transpose();
        let limit = limit.map_err(|_| Refusal::malformed("limit: wanted a number"))?.unwrap_or(20);
        Ok((200, json!(self.machine_mut(id)?.event_shapes(usize::min(limit, 50)))))
    }
}
