//! Apps and their secrets.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::release::Release;
use super::{Ended, Fly};
use crate::act::Call;
use crate::ids::print;
use crate::machine::State;
use crate::refusal::{Refusal, stamp};

/// An app. Its secrets are shown by their digests; their values go to processes, and nowhere else.
#[derive(Clone, Debug, Default)]
pub(crate) struct App {
    pub(super) number: u64,
    secrets: BTreeMap<String, Value>,
    values: BTreeMap<String, SecretString>,
    version: u64,
    pub(super) releases: Vec<Release>,
    addresses: Vec<Value>,
}

impl Fly {
    /// Adds an app; one that is there stays as it is.
    pub fn app(&mut self, name: &str) {
        let number = 4_711 + self.apps.len() as u64;
        self.apps.entry(name.to_owned()).or_insert(App { number, ..App::default() });
    }

    /// The version of an app's secrets.
    pub(super) fn secrets_version(&self, app: &str) -> u64 {
        self.apps.get(app).map(|app| app.version).unwrap_or_default()
    }

    /// What a process is told at its start.
    pub(super) fn secret_values(&self, app: &str) -> BTreeMap<String, SecretString> {
        self.apps.get(app).map(|app| app.values.clone()).unwrap_or_default()
    }

    pub(super) fn app_shape(&self, call: &Call) -> Result<Ended, Refusal> {
        let name = &call.app;
        let machines = self.machines.values().filter(|machine| machine.app == *name);
        let count = machines.filter(|machine| machine.state != State::Destroyed).count();
        let number = self.apps.get(name).map(|app| app.number);
        let body = json!({
            "id": format!("app-{name}"),
            "name": name,
            "internal_numeric_id": number,
            "network": "default",
            "status": if count == 0 { "pending" } else { "deployed" },
            "machine_count": count,
            "volume_count": 0,
            "cname_target": "",
            "app_role": "",
            "organization": { "name": "Stand-in", "slug": "stand-in", "internal_numeric_id": 42 },
        });
        Ok((200, body))
    }

    pub(super) fn addresses(&self, call: &Call) -> Result<Ended, Refusal> {
        let app = self.apps.get(&call.app).ok_or_else(Refusal::no_app)?;
        Ok((200, json!({ "ips": app.addresses })))
    }

    /// One from a range that is for documents alone: nobody is met there.
    pub(super) fn new_address(&mut self, now: OffsetDateTime, call: &Call) -> Result<Ended, Refusal> {
        let app = self.apps.get_mut(&call.app).ok_or_else(Refusal::no_app)?;
        let kind = call.body.get("type").and_then(Value::as_str).unwrap_or_default();
        let number = app.addresses.len() + 1;
        let ip = if kind == "v6" { format!("2001:db8::{number}") } else { format!("192.0.2.{number}") };
        let shared = kind == "shared_v4";
        let address =
            json!({ "ip": ip, "region": "global", "service_name": "", "shared": shared, "created_at": stamp(now) });
        app.addresses.push(address.clone());
        Ok((200, address))
    }

    pub(super) fn secrets(&self, call: &Call) -> Result<Ended, Refusal> {
        let app = self.apps.get(&call.app).ok_or_else(Refusal::no_app)?;
        Ok((200, json!({ "secrets": app.secrets.values().collect::<Vec<_>>() })))
    }

    /// Stores what is given a value and drops what is given `null`.
    pub(super) fn set_secrets(&mut self, now: OffsetDateTime, call: &Call) -> Result<Ended, Refusal> {
        let app = self.apps.get_mut(&call.app).ok_or_else(Refusal::no_app)?;
        let values = call.body.get("values").and_then(Value::as_object);
        let values = values.ok_or_else(|| Refusal::malformed("values: wanted an object"))?;
        if values.values().any(|value| !value.is_string() && !value.is_null()) {
            return Err(Refusal::malformed("values: each is a text, or null"));
        }
        for (name, value) in values {
            let Some(text) = value.as_str() else {
                app.secrets.remove(name);
                app.values.remove(name);
                continue;
            };
            let created = app.secrets.get(name).map(|known| known["created_at"].clone());
            let created = created.unwrap_or_else(|| json!(stamp(now)));
            let digest = format!("{:016x}", print(text));
            let secret = json!({ "name": name, "digest": digest, "created_at": created, "updated_at": stamp(now) });
            app.secrets.insert(name.clone(), secret);
            app.values.insert(name.clone(), text.into());
        }
        app.version += 1;
        let version = app.version;
        for machine in self.machines.values_mut().filter(|machine| machine.app == call.app) {
            machine.stored_secrets = version;
        }
        let (status, mut body) = self.secrets(call)?;
        body["version"] = json!(version);
        Ok((status, body))
    }
}
