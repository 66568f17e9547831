//! What only a write shows: by a scratch machine, cordoned from its birth, in no group that anybody deploys, and removed again
//! whatever is seen.

use std::collections::BTreeMap;
use std::time::Instant;

use deploy::machines::{Machine, MachineId, MachineName, MetadataKey, State};
use platform::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use super::ask::{Asker, PATIENCE, Said};
use super::finding::{Finding, Item};
use crate::ship::tree::Wanted;

/// A group that flyctl leaves alone.
const GROUP: (&str, &str) = ("fly_process_group", "fly_app_console");

/// How long a lease is asked for, in seconds: longer than any of ours.
const LEASE: u64 = 300;

/// Calls in a row: Fly lets three go.
const BURST: usize = 8;

const MADE: Item = ("skip-launch", "a machine that is only laid out is created or stopped, and answers by its id");

/// Looks, beside a machine whose image can be run.
pub(super) async fn all(asker: &Asker, wanted: &Wanted, beside: Option<&Machine>, tell: &mut impl FnMut(Finding)) {
    let Some(body) = beside.and_then(|machine| scratch(asker, wanted, machine)) else {
        return tell(Finding::not_seen(MADE, "there is no machine whose image could be used"));
    };
    let began = Instant::now();
    let id = match made(asker, &body).await {
        Ok(id) => id,
        Err(why) => return tell(Finding::judged(MADE, false, why)),
    };
    let scratch = Scratch { asker, id, path: String::new() }.placed();
    tell(scratch.made().await);
    tell(scratch.name_once(body).await);
    tell(scratch.listed(began).await);
    tell(scratch.metadata().await);
    for finding in scratch.lease().await {
        tell(finding);
    }
    tell(scratch.rate().await);
    tell(scratch.removed().await);
}

/// Has it made. One whose answer is lost may be there all the same: it is looked up by its name.
async fn made(asker: &Asker, body: &Value) -> Result<MachineId, String> {
    let said = asker.call(Method::POST, "/machines", Some(body.clone())).await;
    let why = match said {
        Ok(said) => match said.body["id"].as_str().and_then(|id| id.parse().ok()) {
            Some(id) => return Ok(id),
            // A refusal made nothing.
            None if (400..500).contains(&said.status) => return Err(said.words()),
            None => said.words(),
        },
        Err(why) => why,
    };
    let named = async || {
        let all = asker.machines.list().await.ok()?;
        all.into_iter().find(|machine| body["name"] == machine.name.as_str()).map(|machine| machine.id)
    };
    let found = testbed::wait::until_some(PATIENCE, "a machine of that name", named).await;
    found.map_err(|_| format!("{why}; look whether it is there: fly machine list --app {}", asker.app))
}

/// The body of its create.
fn scratch(asker: &Asker, wanted: &Wanted, beside: &Machine) -> Option<Value> {
    let image = &beside.image_ref;
    let image = format!("registry.fly.io/{}@{}", asker.app, image.digest.as_deref()?);
    let mut config = serde_json::to_value(wanted.toml.machine_config(&image, &BTreeMap::new())).ok()?;
    for key in ["services", "checks", "metrics"] {
        config.as_object_mut()?.remove(key);
    }
    config["metadata"] = json!({ (GROUP.0): GROUP.1, "doctor": "scratch" });
    config["restart"] = json!({ "policy": "no" });
    config["dns"] = json!({ "skip_registration": true });
    let id = Clock::system().id().simple().to_string();
    let name: MachineName = format!("{}-doctor-{}", asker.app, &id[..16]).parse().ok()?;
    Some(json!({
        "name": name, "region": beside.region, "config": config,
        "skip_launch": true, "skip_service_registration": true, "skip_secrets": false,
    }))
}

struct Scratch<'a> {
    asker: &'a Asker,
    id: MachineId,
    path: String,
}

impl Scratch<'_> {
    fn placed(self) -> Self {
        Self { path: format!("/machines/{}", self.id), ..self }
    }

    async fn post(&self, tail: &str, body: Option<Value>) -> Result<Said, String> {
        self.asker.call(Method::POST, &format!("{}{tail}", self.path), body).await
    }

    async fn made(&self) -> Finding {
        match self.asker.machines.wait(&self.id, &State::Stopped, None, PATIENCE).await {
            Ok(()) => Finding::judged(MADE, true, "stopped"),
            Err(_) => {
                let state = self.asker.machines.get(&self.id).await.map(|machine| machine.state);
                let seen = state.as_ref().map_or_else(ToString::to_string, ToString::to_string);
                Finding::judged(MADE, state.is_ok_and(|state| state == State::Created), seen)
            }
        }
    }

    async fn name_once(&self, body: Value) -> Finding {
        const ITEM: Item = ("name-once", "a second create under a name is 409 and names the machine that has it");
        let said = self.asker.call(Method::POST, "/machines", Some(body)).await;
        Finding::of(ITEM, said, |said| said.status == 409 && said.words().contains(self.id.as_str()))
    }

    async fn listed(&self, began: Instant) -> Finding {
        const ITEM: Item = ("list-lag", "a new machine is in the list within 10 s");
        loop {
            let machines = self.asker.machines.list().await;
            if machines.is_ok_and(|all| all.iter().any(|machine| machine.id == self.id)) {
                let seconds = began.elapsed().as_secs_f64();
                return Finding::judged(ITEM, seconds < 10.0, format!("after {seconds:.1} s at most"));
            }
            if began.elapsed() > PATIENCE * 2 {
                return Finding::judged(ITEM, false, "not within 30 s");
            }
        }
    }

    async fn metadata(&self) -> Finding {
        const ITEM: Item = ("metadata", "a key of ours takes the longest value that is written, and keeps it");
        let value = "failed: 0123456789abcdef.0123456789abcdef.0123456789ab, 1/2 ".repeat(4);
        let Ok(key) = "ship_doctor".parse::<MetadataKey>() else { return Finding::not_seen(ITEM, "no key") };
        let set = self.asker.machines.set_metadata(&self.id, &key, &value).await;
        let kept = self.asker.machines.metadata(&self.id).await;
        let good = set.is_ok() && kept.is_ok_and(|all| all.get(key.as_str()) == Some(&value));
        let seen = set.map_or_else(|error| error.to_string(), |()| format!("{} signs", value.len()));
        Finding::judged(ITEM, good, seen)
    }

    async fn lease(&self) -> Vec<Finding> {
        const TTL: Item = ("lease-ttl", "300 s are granted, and who has it is told with the description");
        const SAME: Item = ("lease-refresh", "a refresh keeps the nonce");
        const FOREIGN: Item = ("lease-foreign", "without the nonce a cordon is refused by 409");
        const HANG: Item =
            ("lease-hang", "without the nonce a stop is refused, or hangs: no call waits for it longer than 15 s");
        let (ttl, machines) = (std::time::Duration::from_secs(LEASE), &self.asker.machines);
        let lease = match machines.take(&self.id, ttl, "boardctl doctor").await {
            Ok(lease) => lease,
            Err(error) => return vec![Finding::judged(TTL, false, error.to_string())],
        };
        let holder = machines.holder(&self.id).await.ok().flatten();
        let told = holder.as_ref().is_some_and(|holder| holder.description.as_deref() == Some("boardctl doctor"));
        let refreshed = machines.refresh(&lease, ttl).await;
        let same = refreshed.as_ref().is_ok_and(|refreshed| refreshed.continues(&lease));
        let foreign = Finding::of(FOREIGN, self.post("/cordon", None).await, |said| said.status == 409);
        let hang = match self.post("/stop", Some(json!({}))).await {
            Ok(said) => Finding::judged(HANG, said.status == 409 || said.status == 412, said.words()),
            Err(why) => Finding::judged(HANG, true, why),
        };
        let released = machines.release(refreshed.as_ref().unwrap_or(&lease)).await;
        let released = released.map_or_else(|error| error.to_string(), |()| "given back".to_owned());
        vec![
            Finding::judged(TTL, told, holder.map(|holder| holder.to_string()).unwrap_or_default()),
            Finding::judged(SAME, same, released),
            foreign,
            hang,
        ]
    }

    async fn rate(&self) -> Finding {
        const ITEM: Item = ("rate-limit", "too many calls are 429; it may say for how long");
        for number in 1..=BURST {
            match self.asker.get(&format!("{}/metadata", self.path)).await {
                Ok(said) if said.status == 429 => {
                    let after = said.retry_after.as_deref().unwrap_or("none").to_owned();
                    return Finding::judged(ITEM, true, format!("at call {number}, retry-after: {after}"));
                }
                Ok(_) => {}
                Err(why) => return Finding::not_seen(ITEM, why),
            }
        }
        Finding::not_seen(ITEM, format!("{BURST} in a row were let through"))
    }

    async fn removed(&self) -> Finding {
        const ITEM: Item = ("destroyed", "a machine that is gone is 404, or destroyed with its events");
        let destroyed = self.asker.machines.destroy(&self.id, true).await;
        let gone = self.asker.machines.wait(&self.id, &State::Destroyed, None, PATIENCE * 2).await;
        let said = self.asker.get(&self.path).await;
        let seen = match (&destroyed, &gone, &said) {
            (Err(error), _, _) | (_, Err(error), _) => {
                format!("{error}; look: fly machine list --app {}", self.asker.app)
            }
            (_, _, Ok(said)) => format!("{} {}", said.words(), said.body["state"].as_str().unwrap_or_default()),
            (_, _, Err(why)) => why.clone(),
        };
        let good = destroyed.is_ok() && gone.is_ok() && said.is_ok_and(|said| said.status == 404 || said.status == 200);
        Finding::judged(ITEM, good, seen)
    }
}
