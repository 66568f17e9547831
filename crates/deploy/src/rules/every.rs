//! What holds for every app.

use std::time::Duration;

use super::{Judge, env, is};
use crate::config::Signal;

/// The most that Fly waits.
const KILL_TIMEOUT_MAX: Duration = Duration::from_secs(300);

impl Judge<'_> {
    pub(super) fn every(&mut self) {
        let toml = self.toml;
        self.given(toml.primary_region.as_ref(), "primary_region", "the region of the database");
        self.given(
            toml.processes.as_ref(),
            "processes",
            "app = \"\" in it: without it a fleet has doubled in one deploy",
        );
        self.given(toml.restart.as_ref(), "restart", "a policy: Fly's own gives up after ten tries");
        if let Some(signal) = self.given(toml.kill_signal, "kill_signal", "SIGTERM: Fly's own is SIGINT") {
            let wanted = "SIGTERM, which every function drains by, however often it comes";
            self.demand(signal == Signal::SigTerm, "kill_signal", is(Some(signal)), wanted);
        }
        if let Some(timeout) = self.given(toml.kill_timeout, "kill_timeout", "a time: Fly's own is 5s") {
            let wanted = "5m0s or less, which is the most that Fly waits";
            self.demand(timeout.0 <= KILL_TIMEOUT_MAX, "kill_timeout", format_args!("is {timeout}"), wanted);
        }
        self.machine();
        self.secrets();
    }

    /// flyctl sends any memory, and the create fails in mid-deploy.
    fn machine(&mut self) {
        let toml = self.toml;
        let Some(vm) = self.given(toml.vm.as_ref(), "vm", "size and memory: a machine keeps what it had, else") else {
            return;
        };
        let size = self.given(vm.size, "vm.0.size", "a preset, such as shared-cpu-1x");
        let memory = self.given(vm.memory, "vm.0.memory", "the memory of a machine, such as \"256mb\"");
        let (Some(size), Some(memory)) = (size, memory) else { return };
        let (least, most, step) = (size.least_mb(), size.most_mb(), size.step_mb());
        let wanted = format!("{least} to {most} MiB, by {step}: no other machine of that size can be made");
        let fits = (least..=most).contains(&memory.0) && memory.0.is_multiple_of(step);
        self.demand(fits, "vm.0.memory", format_args!("is {} MiB", memory.0), &wanted);
    }

    /// What is secret is set with `fly secrets`, and never lies in a repository.
    fn secrets(&mut self) {
        for name in self.toml.env.keys() {
            let key = format!("env.{name}");
            self.demand(
                !is_secret(name),
                &key,
                "is a secret by its name",
                "it set with `fly secrets`, and named in fleet.toml",
            );
        }
    }

    /// The port of an address in `[env]`.
    pub(super) fn port(&mut self, name: &str, wanted: &str) -> Option<u16> {
        let key = format!("env.{name}");
        let address = self.given(env(self.toml, name), &key, wanted)?;
        let port = address.strip_prefix("[::]:").and_then(|port| port.parse().ok());
        let why = "[::]:PORT, which takes IPv4 from Fly's proxy and IPv6 from the private network";
        self.demand(port.is_some(), &key, format_args!("is {address:?}"), why);
        port
    }
}

/// Whether a setting is a secret, by its name.
pub(super) fn is_secret(name: &str) -> bool {
    const ENDS: [&str; 4] = ["_KEY", "_KEYS", "PASSWORD", "TOKEN"];
    const ADDRESSES: [&str; 2] = ["DATABASE_URL", "REDIS_URL"];
    ADDRESSES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
}
