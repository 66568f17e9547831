//! A machine, as the API shows it: what a deployer looks at, and no more. The `nonce` of a leased machine is left: a
//! lease that somebody else took is never ours by reading it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::empty_if_null;
use super::{Event, InstanceId, MachineId, Region, State};

/// A machine. `state`, `host_status` and the like are demanded, since a default for them has cost fleets: flyctl takes a
/// machine without `state` for a stopped one.
#[derive(Clone, Debug, Deserialize)]
pub struct Machine {
    /// Its id.
    pub id: MachineId,
    /// Its name: ours or any other.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// Where it runs.
    pub region: Region,
    /// The version of its configuration.
    pub instance_id: InstanceId,
    /// How its host is; unless it is [`HostStatus::Ok`], the rest may be stale.
    pub host_status: HostStatus,
    /// Whether it is kept from new connections. Left out, it is not: a run that has cordoned a machine and then reads it
    /// uncordoned knows that something is wrong.
    #[serde(default, deserialize_with = "empty_if_null")]
    pub cordoned: bool,
    /// What it runs, resolved; empty on an ill host.
    #[serde(default, deserialize_with = "empty_if_null")]
    pub image_ref: ImageRef,
    config: Option<Config>,
    incomplete_config: Option<Config>,
    #[serde(default, deserialize_with = "empty_if_null")]
    checks: Vec<Check>,
    /// What happened to it, newest first.
    #[serde(default, deserialize_with = "empty_if_null")]
    pub events: Vec<Event>,
}

impl Machine {
    /// Its configuration; on an ill host what is known of it, which may be nothing.
    #[must_use]
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref().or(self.incomplete_config.as_ref())
    }

    /// One value of its metadata.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.config()?.metadata(key)
    }

    /// Its checks, as far as each has been listed: right after launch there are none, and then some. Those that Fly adds
    /// for its own old clients are left out.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.name.starts_with("bg_deployments_compat"))
    }
}

/// The image that a machine runs. Only the digest says what it is: keys and tags travel onto other images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ImageRef {
    /// Registry, as in `registry.fly.io`.
    pub registry: Option<String>,
    /// Repository: the app's name.
    pub repository: Option<String>,
    /// Tag.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

/// How a machine's host is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum HostStatus {
    /// Well.
    Ok,
    /// Out of reach, unknown, or another word: no configuration, stale state.
    Ill(String),
}

impl From<String> for HostStatus {
    fn from(word: String) -> Self {
        if word == "ok" { Self::Ok } else { Self::Ill(word) }
    }
}

/// A check of a machine, as Fly last saw it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Check {
    /// Its own name, or `servicecheck-NN-TYPE-PORT`, counted over the machine's service checks.
    pub name: String,
    /// What came of it.
    pub status: CheckStatus,
    /// What it said.
    #[serde(default, deserialize_with = "empty_if_null")]
    pub output: String,
    /// When its status last changed.
    pub updated_at: Option<String>,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum CheckStatus {
    /// Passed.
    Passing,
    /// Did not pass: `critical`, `warning`, or another word.
    Failing(String),
}

impl From<String> for CheckStatus {
    fn from(word: String) -> Self {
        if word == "passing" { Self::Passing } else { Self::Failing(word) }
    }
}

/// A machine's configuration, in the API's own shape. It may hold anybody's environment, so it is not printed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(Value);

impl Config {
    /// In the API's own shape.
    #[must_use]
    pub fn new(json: Value) -> Self {
        Self(json)
    }

    /// The JSON.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    /// One value of its metadata.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.0.get("metadata")?.get(key)?.as_str()
    }

    /// All its metadata that are texts, as the API demands.
    #[must_use]
    pub fn all_metadata(&self) -> BTreeMap<&str, &str> {
        let all = self.0.get("metadata").and_then(Value::as_object).into_iter().flatten();
        all.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Config")
    }
}
