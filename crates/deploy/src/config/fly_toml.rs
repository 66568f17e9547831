//! The keys of a `fly.toml` that are translated; every other is refused.
#![expect(missing_docs, reason = "keys are Fly's words, each documented there")]

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::values::{once, read};
use super::{EnvValue, Error, GoDuration, Memory, Signal, Size, limits};

/// A `fly.toml`, understood whole.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlyToml {
    /// The app.
    pub app: String,
    /// Where its first machine is made; each later one is made where the one is that it replaces.
    pub primary_region: Option<String>,
    /// What stops a machine.
    pub kill_signal: Option<Signal>,
    /// How long after it the machine is killed.
    pub kill_timeout: Option<GoDuration>,
    /// The environment, without secrets.
    #[serde(default)]
    pub env: BTreeMap<String, EnvValue>,
    /// The one process group, with the command `""`: the image's own.
    pub processes: Option<BTreeMap<String, String>>,
    /// What Fly's proxy routes to.
    pub http_service: Option<HttpService>,
    /// Checks that gate a deploy and route nothing.
    #[serde(default)]
    pub checks: BTreeMap<String, Check>,
    /// When a process that has ended is started again.
    #[serde(default, deserialize_with = "once")]
    pub restart: Option<Restart>,
    /// Where Fly's Prometheus asks.
    #[serde(default, deserialize_with = "once")]
    pub metrics: Option<Metrics>,
    /// The size of a machine.
    #[serde(default, deserialize_with = "once")]
    pub vm: Option<Vm>,
    /// How flyctl deploys. No machine hears of it.
    #[serde(default)]
    pub deploy: Deploy,
}

impl FlyToml {
    /// Understands it.
    ///
    /// # Errors
    /// The first mistake, with its line and key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let read: Self = toml::from_str(text).map_err(|error| Error::found(text, &error))?;
        match limits::mistake(&read) {
            None => Ok(read),
            Some((path, told)) => Err(Error::at(text, &path.iter().map(String::as_str).collect::<Vec<_>>(), told)),
        }
    }

    /// The process group of its machines.
    #[must_use]
    pub fn group(&self) -> &str {
        self.processes.as_ref().and_then(|groups| groups.keys().next()).map_or("app", String::as_str)
    }
}

/// `[http_service]`: ports 80 and 443 of the app's addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpService {
    pub internal_port: u16,
    #[serde(default)]
    pub force_https: bool,
    pub auto_stop_machines: Option<AutoStop>,
    pub auto_start_machines: Option<bool>,
    pub min_machines_running: Option<u32>,
    pub concurrency: Option<Concurrency>,
    #[serde(default)]
    pub checks: Vec<ServiceCheck>,
    pub processes: Option<Vec<String>>,
}

/// What Fly's proxy does with a machine that it has no need of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoStop {
    Off,
    Stop,
    Suspend,
}

impl<'de> Deserialize<'de> for AutoStop {
    /// Without the booleans of old, of which one does not say that it is not `suspend`.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from, "\"off\", \"stop\" or \"suspend\"", |value| match value.as_str()? {
            "off" => Some(Self::Off),
            "stop" => Some(Self::Stop),
            "suspend" => Some(Self::Suspend),
            _ => None,
        })
    }
}

/// What a machine takes: above the soft limit others are preferred, at the hard one the proxy holds what comes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrency {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub counted: Option<Counted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_limit: Option<u32>,
}

/// What [`Concurrency`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    Requests,
    Connections,
}

/// A check that routes: a machine that fails it gets no requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceCheck {
    pub interval: Option<GoDuration>,
    pub timeout: Option<GoDuration>,
    pub grace_period: Option<GoDuration>,
    pub method: Option<String>,
    pub path: Option<String>,
}

/// A check of `[checks]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    #[serde(rename = "type")]
    pub kind: CheckKind,
    pub port: Option<u16>,
    pub interval: Option<GoDuration>,
    pub timeout: Option<GoDuration>,
    pub grace_period: Option<GoDuration>,
    pub method: Option<String>,
    pub path: Option<String>,
    pub processes: Option<Vec<String>>,
}

/// How a check asks. That a port is open says little, so `tcp` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    Http,
}

/// `[[restart]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    pub policy: Policy,
    pub retries: Option<u32>,
    pub processes: Option<Vec<String>>,
}

/// When Fly starts a process again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    Always,
    OnFailure,
    Never,
}

/// `[[metrics]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub port: u16,
    pub path: String,
    pub processes: Option<Vec<String>>,
}

/// `[[vm]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vm {
    pub size: Option<Size>,
    pub memory: Option<Memory>,
    pub processes: Option<Vec<String>>,
}

/// `[deploy]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    pub strategy: Option<Strategy>,
    pub wait_timeout: Option<GoDuration>,
}

/// How flyctl brings a new release to the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    Bluegreen,
    Canary,
    Immediate,
    Rolling,
}
