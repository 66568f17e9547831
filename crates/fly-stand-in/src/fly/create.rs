//! Machines made, and given another configuration.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Ended, Fly};
use crate::act::Call;
use crate::config::{self, Image};
use crate::lagging::Lagging;
use crate::lease::{Lease, OWNER};
use crate::machine::{Host, Machine, State};
use crate::refusal::Refusal;

impl Fly {
    pub(super) fn create(&mut self, now: OffsetDateTime, call: &Call) -> Result<Ended, Refusal> {
        let (config, image) = self.configured(call)?;
        let name = match call.body.get("name") {
            None | Some(Value::Null) => format!("stand-in-{}", self.made + 1),
            Some(Value::String(name)) if !name.is_empty() => name.clone(),
            Some(_) => return Err(Refusal::malformed("name: wanted a text")),
        };
        self.refuse_taken(&call.app, &name)?;
        let region = self.region(call.body.get("region").and_then(Value::as_str).unwrap_or_default())?;
        self.made += 1;
        let id = self.ids.machine();
        let says = |key: &str| call.body.get(key) == Some(&json!(true));
        let stored_secrets = self.secrets_version(&call.app);
        let machine = Machine {
            id: id.clone(),
            app: call.app.clone(),
            name,
            region,
            number: self.made,
            instance: self.ids.ulid(now),
            image,
            config,
            skip_launch: says("skip_launch"),
            created: now,
            updated: now,
            state: State::Created,
            since: now,
            cordoned: says("skip_service_registration"),
            host: Host::Ok,
            host_full: false,
            events: Vec::new(),
            checks: Vec::new(),
            lease: self.born_leased(now, call),
            boots: 0,
            restarts: 0,
            secrets: stored_secrets,
            stored_secrets,
            stop: None,
            load: 0,
            dues: Vec::new(),
            shown: Lagging::default(),
            routed: Lagging::default(),
        };
        self.machines.insert(id.clone(), machine);
        let (machine, mut around) = self.with(&id)?;
        machine.make(now, &mut around);
        let mut shape = machine.shape();
        if let Some(lease) = &machine.lease {
            shape["nonce"] = json!(lease.nonce);
        }
        self.publish(now, &id);
        Ok((200, shape))
    }

    pub(super) fn update(&mut self, now: OffsetDateTime, call: &Call, id: &str) -> Result<Ended, Refusal> {
        let (config, image) = self.configured(call)?;
        let (machine, mut around) = self.with(id)?;
        let current = call.body.get("current_version").and_then(Value::as_str).filter(|version| !version.is_empty());
        if current.is_some_and(|version| version != machine.instance) {
            return Err(Refusal::new(409, "aborted: current_version is not the machine's"));
        }
        if !matches!(machine.state, State::Started | State::Stopped | State::Suspended) {
            let word = machine.state.word();
            return Err(Refusal::wrong_state(format!("unable to update machine from current state: '{word}'")));
        }
        (machine.config, machine.image) = (config, image);
        machine.skip_launch = call.body.get("skip_launch") == Some(&json!(true));
        machine.replace(now, &mut around);
        Ok((200, machine.shape()))
    }

    /// The configuration that is sent, if a machine can be run with it.
    fn configured(&self, call: &Call) -> Result<(Value, Image), Refusal> {
        let config = call.body.get("config").filter(|config| config.is_object());
        let config = config.ok_or_else(|| Refusal::malformed("config: wanted an object"))?;
        let reference = config.get("image").and_then(Value::as_str).filter(|reference| !reference.is_empty());
        let reference = reference.ok_or_else(|| Refusal::unfit("config.image: wanted a reference"))?;
        for key in ["metadata", "env"] {
            let mut values = config.get(key).and_then(Value::as_object).into_iter().flat_map(|map| map.values());
            if values.any(|value| !value.is_string()) {
                return Err(Refusal::unfit(format!("config.{key}: each value is a text")));
            }
        }
        config::checks(config)?;
        if call.body.get("min_secrets_version").and_then(Value::as_u64) > Some(self.secrets_version(&call.app)) {
            return Err(Refusal::unfit("min_secrets_version: there is no such version"));
        }
        let image = Image::parse(reference);
        if self.behaviours.of(&[], &[reference, &image.digest, &image.tag]).image_missing {
            return Err(Refusal::new(422, "failed to resolve image: MANIFEST_UNKNOWN: manifest unknown"));
        }
        Ok((config::normalised(config.clone()), image))
    }

    /// A name is one living machine's.
    fn refuse_taken(&self, app: &str, name: &str) -> Result<(), Refusal> {
        let mut living = self.machines.values().filter(|machine| machine.state != State::Destroyed);
        match living.find(|machine| machine.app == app && machine.name == name) {
            None => Ok(()),
            Some(Machine { id, .. }) => {
                let known = "already_exists: unique machine name violation";
                Err(Refusal::new(409, format!("{known}, machine ID {id} already exists with name {name:?}")))
            }
        }
    }

    /// The first of these regions with room; for none in particular, of all.
    fn region(&self, wanted: &str) -> Result<String, Refusal> {
        let all: Vec<&str> = match wanted {
            "" => self.settings.regions.iter().map(String::as_str).collect(),
            several => several.split(',').collect(),
        };
        if let Some(unknown) = all.iter().find(|region| !self.settings.regions.iter().any(|known| known == *region)) {
            return Err(Refusal::malformed(format!("unknown region {unknown:?}")));
        }
        let free = all.into_iter().find(|region| !self.settings.full_regions.contains(*region));
        free.map(str::to_owned)
            .ok_or_else(|| Refusal::coded(422, "could not find a candidate host", "insufficient_capacity"))
    }

    fn born_leased(&mut self, now: OffsetDateTime, call: &Call) -> Option<Lease> {
        let ttl = call.body.get("lease_ttl").and_then(Value::as_u64).filter(|ttl| *ttl > 0)?;
        let (nonce, owner) = (self.ids.nonce(), OWNER.to_owned());
        Some(Lease { nonce, owner, description: String::new(), until: now + Duration::from_secs(ttl) })
    }
}
