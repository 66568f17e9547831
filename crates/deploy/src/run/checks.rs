//! What a machine's checks say, held against those that it is configured with: right after a launch some are not listed
//! yet, and a deploy that asks only whether all that are listed pass is fooled by half a list.

use std::time::Duration;

use serde_json::Value;

use super::Gate;
use crate::config::GoDuration;
use crate::machines::{CheckStatus, Machine};

/// Fly's own, where a check says nothing of it.
const INTERVAL: Duration = Duration::from_secs(15);
const TIMEOUT: Duration = Duration::from_secs(2);

/// How the names of service checks begin, as Fly lists them.
const SERVICE: &str = "servicecheck-";

/// What a machine's checks say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// All that count are listed, and pass.
    Passing,
    /// So many that count are not listed yet; those that are, pass.
    Awaited,
    /// One that counts fails: which, and what it says.
    Failing(String),
}

/// The checks of a machine that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    services: usize,
    named: Vec<String>,
    /// The longest interval of them.
    pub(super) interval: Duration,
    /// How long after something has changed all of them have said so.
    pub(super) patience: Duration,
}

impl Expected {
    /// Those that this machine is configured with, as far as the gate wants them.
    pub(super) fn of(machine: &Machine, gate: Gate) -> Self {
        let mut expected = Self::default();
        for check in of_services(machine) {
            expected.services += 1;
            expected.times(check);
        }
        for (name, check) in top_level(machine).filter(|(_, check)| gate == Gate::Strict || !is_readiness(check)) {
            expected.named.push(name.clone());
            expected.times(check);
        }
        expected
    }

    fn times(&mut self, check: &Value) {
        let time = |key, default| {
            check.get(key).and_then(Value::as_str).and_then(GoDuration::parse).map_or(default, |time| time.0)
        };
        let interval = time("interval", INTERVAL);
        self.interval = self.interval.max(interval);
        self.patience = self.patience.max(interval + time("timeout", TIMEOUT));
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.services + self.named.len()
    }

    fn counts(&self, name: &str) -> bool {
        name.starts_with(SERVICE) || self.named.iter().any(|named| named == name)
    }

    /// How many of them pass.
    pub(super) fn passing(&self, machine: &Machine) -> usize {
        let passing = machine.checks().filter(|check| check.status == CheckStatus::Passing);
        passing.filter(|check| self.counts(&check.name)).count().min(self.count())
    }

    /// What they say.
    pub(super) fn health(&self, machine: &Machine) -> Health {
        let failing = machine.checks().find(|check| self.counts(&check.name) && check.status != CheckStatus::Passing);
        match failing {
            Some(check) => Health::Failing(format!("its check {} fails: {}", check.name, line(&check.output))),
            None if self.passing(machine) < self.count() => Health::Awaited,
            None => Health::Passing,
        }
    }
}

/// A check's output is somebody's answer: its first line will do.
fn line(output: &str) -> String {
    let first = output.lines().next().unwrap_or_default().trim();
    if first.is_empty() { "without a word".to_owned() } else { first.chars().take(200).collect() }
}

fn config(machine: &Machine) -> &Value {
    machine.config().map_or(&Value::Null, |config| config.as_json())
}

fn of_services(machine: &Machine) -> impl Iterator<Item = &Value> {
    let services = config(machine).get("services").and_then(Value::as_array).into_iter().flatten();
    services.filter_map(|service| service.get("checks")?.as_array()).flatten()
}

fn top_level(machine: &Machine) -> impl Iterator<Item = (&String, &Value)> {
    config(machine).get("checks").and_then(Value::as_object).into_iter().flatten()
}

fn path(check: &Value) -> Option<&str> {
    check.get("path")?.as_str()
}

/// `/readyz`, or `/ready`: whether what it stands on is there, too.
fn is_readiness(check: &Value) -> bool {
    path(check).is_some_and(|path| path.starts_with("/ready"))
}

/// Where a machine says whether it is routed to.
pub(super) fn route_path(machine: &Machine) -> String {
    of_services(machine).find_map(path).unwrap_or("/routable").to_owned()
}

/// Where a machine says what the gate wants to know.
pub(super) fn gate_path(machine: &Machine, gate: Gate) -> String {
    let ready = top_level(machine).map(|(_, check)| check).find(|check| is_readiness(check)).and_then(path);
    ready.filter(|_| gate == Gate::Strict).map_or_else(|| route_path(machine), str::to_owned)
}

/// How long a machine has between the signal and its end.
pub(super) fn kill_timeout(machine: &Machine) -> Option<Duration> {
    let told = config(machine).pointer("/stop_config/timeout").and_then(Value::as_str).and_then(GoDuration::parse);
    told.map(|time| time.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn machine(listed: &[(&str, &str)]) -> Machine {
        let listed: Vec<Value> = listed
            .iter()
            .map(|(name, status)| json!({"name": name, "status": status, "output": "503\nbody"}))
            .collect();
        serde_json::from_value(json!({
            "id": "9080", "name": "web-1", "state": "started", "region": "ams", "instance_id": "01A", "host_status": "ok",
            "checks": listed,
            "config": {
                "services": [{"checks": [{"path": "/routable", "interval": "2s", "timeout": "2s"}]}],
                "checks": {
                    "alive": {"path": "/healthz", "interval": "10s"},
                    "ready": {"path": "/readyz?steady=10s", "interval": "15s", "timeout": "5s"},
                },
                "stop_config": {"timeout": "30s"},
            },
        }))
        .expect("a machine")
    }

    const ALL: [(&str, &str); 3] =
        [("servicecheck-00-http-8080", "passing"), ("alive", "passing"), ("ready", "passing")];

    #[test]
    fn half_a_list_that_passes_is_not_all_of_it() {
        for listed in [&ALL[..0], &ALL[..1], &ALL[1..], &[ALL[0], ALL[1], ("other", "passing")]] {
            let machine = machine(listed);
            assert_eq!(Expected::of(&machine, Gate::Strict).health(&machine), Health::Awaited, "{listed:?}");
        }
        let machine = machine(&ALL);
        assert_eq!(Expected::of(&machine, Gate::Strict).health(&machine), Health::Passing);
    }

    #[test]
    fn one_that_fails_is_told_by_its_first_line() {
        let machine = machine(&[ALL[0], ("ready", "critical")]);
        let told = "its check ready fails: 503".to_owned();
        assert_eq!(Expected::of(&machine, Gate::Strict).health(&machine), Health::Failing(told));
    }

    #[test]
    fn the_looser_gate_does_not_ask_for_readiness() {
        let machine = machine(&[ALL[0], ALL[1], ("ready", "critical")]);
        let expected = Expected::of(&machine, Gate::Routable);
        assert_eq!(expected.health(&machine), Health::Passing);
        assert_eq!((expected.count(), expected.interval), (2, Duration::from_secs(10)));
        assert_eq!(gate_path(&machine, Gate::Routable), "/routable");
    }

    #[test]
    fn a_machine_says_itself_how_it_is_asked_and_for_how_long() {
        let machine = machine(&[]);
        let expected = Expected::of(&machine, Gate::Strict);
        assert_eq!((expected.count(), expected.interval.as_secs(), expected.patience.as_secs()), (3, 15, 20));
        assert_eq!(gate_path(&machine, Gate::Strict), "/readyz?steady=10s");
        assert_eq!(kill_timeout(&machine), Some(Duration::from_secs(30)));
    }
}
