//! The machine's config, as the Machines API takes it.
#![expect(missing_docs, reason = "keys are the Machines API's words, each documented there")]

use std::collections::BTreeMap;

use serde::Serialize;

use super::fly_toml::{AutoStop, Check, CheckKind, Concurrency, HttpService, Policy, Restart, ServiceCheck};
use super::{FlyToml, GoDuration, Guest, Signal};

/// What a machine runs and how; `config` in the body of a create or update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineConfig {
    pub image: String,
    pub env: BTreeMap<String, String>,
    pub metadata: BTreeMap<String, String>,
    pub init: Init,
    pub guest: Guest,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, MachineCheck>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MachineMetrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<MachineRestart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_config: Option<StopConfig>,
}

/// How the process is started: as the image has it. flyctl sends it empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Init {}

/// What Fly's proxy routes to a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    pub protocol: &'static str,
    pub internal_port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostop: Option<Autostop>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostart: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_machines_running: Option<u32>,
    pub ports: [Port; 2],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<MachineCheck>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    /// Sent by flyctl with every service, always `null`.
    pub force_instance_key: (),
}

/// `false`, `true` or `"suspend"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Autostop {
    /// Whether it is stopped.
    Stop(bool),
    /// It is put to sleep with its memory.
    Suspend(&'static str),
}

/// A port of the app's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    pub port: u16,
    pub handlers: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_https: Option<bool>,
}

/// A check, of a service or of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineCheck {
    #[serde(rename = "type")]
    pub kind: CheckKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<GoDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_period: Option<GoDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Where Prometheus asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineMetrics {
    pub port: u16,
    pub path: String,
}

/// When an ended process is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MachineRestart {
    /// `always`, `on-failure` or `no`.
    pub policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<u32>,
}

/// How a machine is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StopConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
}

impl FlyToml {
    /// What flyctl would send for a machine of this image. `metadata` is what a deploy adds to the platform's version and
    /// the process group, by which flyctl knows a machine: its own version as `fly_flyctl_version`, the release as
    /// `fly_release_id` and `fly_release_version` (a whole number, or `fly status` fails), and keys of one's own.
    #[must_use]
    pub fn machine_config(&self, image: &str, metadata: &BTreeMap<String, String>) -> MachineConfig {
        let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let group = self.group();
        let region = self.primary_region.iter().map(|region| owned("PRIMARY_REGION", region));
        let env = self.env.iter().map(|(name, value)| owned(name, &value.0));
        let own = [owned("fly_platform_version", "v2"), owned("fly_process_group", group)];
        let internal_port = self.http_service.as_ref().map(|service| service.internal_port);
        let checks = self.checks.iter().map(|(name, check)| (name.clone(), machine_check(check, internal_port)));
        MachineConfig {
            image: image.to_owned(),
            env: env.chain(region).chain([owned("FLY_PROCESS_GROUP", group)]).collect(),
            metadata: metadata.clone().into_iter().chain(own).collect(),
            init: Init {},
            guest: self.vm.as_ref().map_or_else(Guest::default, |vm| vm.size.unwrap_or_default().guest(vm.memory)),
            services: self.http_service.iter().map(service).collect(),
            checks: checks.collect(),
            metrics: self.metrics.as_ref().map(|it| MachineMetrics { port: it.port, path: it.path.clone() }),
            restart: self.restart.as_ref().map(restart),
            stop_config: match (self.kill_timeout, self.kill_signal) {
                (None, None) => None,
                (timeout, signal) => Some(StopConfig { timeout, signal }),
            },
        }
    }
}

fn restart(of: &Restart) -> MachineRestart {
    let policy = match of.policy {
        Policy::Always => "always",
        Policy::OnFailure => "on-failure",
        Policy::Never => "no",
    };
    MachineRestart { policy, max_retries: of.retries }
}

fn service(of: &HttpService) -> Service {
    Service {
        protocol: "tcp",
        internal_port: of.internal_port,
        autostop: of.auto_stop_machines.map(|stop| match stop {
            AutoStop::Off => Autostop::Stop(false),
            AutoStop::Stop => Autostop::Stop(true),
            AutoStop::Suspend => Autostop::Suspend("suspend"),
        }),
        autostart: of.auto_start_machines,
        min_machines_running: of.min_machines_running,
        ports: [
            Port { port: 80, handlers: &["http"], force_https: of.force_https.then_some(true) },
            Port { port: 443, handlers: &["http", "tls"], force_https: None },
        ],
        checks: of.checks.iter().map(service_check).collect(),
        concurrency: of.concurrency.clone(),
        force_instance_key: (),
    }
}

/// Its method stays as it is written.
fn service_check(of: &ServiceCheck) -> MachineCheck {
    let ServiceCheck { interval, timeout, grace_period, method, path } = of.clone();
    MachineCheck { kind: CheckKind::Http, port: None, interval, timeout, grace_period, method, path }
}

/// Its method is written large.
fn machine_check(of: &Check, internal_port: Option<u16>) -> MachineCheck {
    let Check { kind, port, interval, timeout, grace_period, method, path, processes: _ } = of.clone();
    let method = method.map(|method| method.to_uppercase());
    MachineCheck { kind, port: port.or(internal_port), interval, timeout, grace_period, method, path }
}
