//! What a machine's configuration says, as far as its life hangs on it; all else is kept as it came.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::go_duration;
use crate::ids::print;
use crate::refusal::Refusal;

/// The image that a machine runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Image {
    pub(crate) registry: String,
    pub(crate) repository: String,
    pub(crate) tag: String,
    pub(crate) digest: String,
    labels: Map<String, Value>,
}

impl Image {
    /// Of a reference. A tag alone always has the same digest.
    pub(crate) fn parse(reference: &str) -> Self {
        let (named, digest) = reference.split_once('@').unwrap_or((reference, ""));
        let (path, tag) = match named.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (named, ""),
        };
        let (registry, repository) = path.split_once('/').unwrap_or(("docker-hub-mirror.fly.io", path));
        let known = if digest.is_empty() { format!("sha256:{:064x}", print(named)) } else { digest.to_owned() };
        let [registry, repository, tag] = [registry, repository, tag].map(str::to_owned);
        Self { registry, repository, tag, digest: known, labels: Map::new() }
    }
}

/// A check that a configuration names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Configured {
    pub(crate) name: String,
    /// Whether the proxies route by it.
    pub(crate) routes: bool,
    pub(crate) interval: Duration,
    pub(crate) grace: Duration,
    pub(crate) timeout: Duration,
    pub(crate) port: u16,
    pub(crate) asks: Asks,
}

/// What a check wants to see.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asks {
    /// A connection.
    Tcp,
    /// An answer of 2xx.
    Http { method: String, path: String, headers: Vec<(String, String)>, tls: bool },
}

/// What comes of an exit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Restart {
    No,
    Always,
    OnFailure { max: u64 },
}

/// All checks: those of services first, counted over the machine, then the top-level ones by name.
pub(crate) fn checks(config: &Value) -> Result<Vec<Configured>, Refusal> {
    let mut checks = Vec::new();
    for service in list(config, "services") {
        for check in list(service, "checks") {
            let port = check.get("port").or_else(|| service.get("internal_port")).and_then(Value::as_u64);
            let kind = check.get("type").and_then(Value::as_str).unwrap_or("http");
            let name = format!("servicecheck-{:02}-{kind}-{}", checks.len(), port.unwrap_or_default());
            checks.push(configured(name, true, check, port)?);
        }
    }
    let first = list(config, "services").first().and_then(|service| service.get("internal_port")?.as_u64());
    for (name, check) in config.get("checks").and_then(Value::as_object).into_iter().flatten() {
        let routes = check.get("kind").and_then(Value::as_str) == Some("readiness");
        let port = check.get("port").and_then(Value::as_u64).or(first);
        checks.push(configured(name.clone(), routes, check, port)?);
    }
    Ok(checks)
}

fn configured(name: String, routes: bool, check: &Value, port: Option<u64>) -> Result<Configured, Refusal> {
    let duration = |key: &str, default| match check.get(key) {
        None | Some(Value::Null) => Ok(Duration::from_secs(default)),
        Some(value) => go_duration::read(value).ok_or_else(|| Refusal::unfit(format!("{name}: {key}: no duration"))),
    };
    let (interval, grace) = (duration("interval", 15)?, duration("grace_period", 1)?);
    let (timeout, asks) = (duration("timeout", 2)?, asks(check));
    let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    // Of a check that came without pause no clock would get past.
    Ok(Configured { name, routes, interval: interval.max(Duration::from_millis(10)), grace, timeout, port, asks })
}

fn asks(check: &Value) -> Asks {
    let text = |key: &str| check.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("type") == Some("tcp") {
        return Asks::Tcp;
    }
    let values = |header: &Value| -> Option<Vec<(String, String)>> {
        let name = header.get("name")?.as_str()?;
        let values = header.get("values")?.as_array()?.iter().filter_map(Value::as_str);
        Some(values.map(|value| (name.to_owned(), value.to_owned())).collect())
    };
    Asks::Http {
        method: text("method").unwrap_or("GET").to_uppercase(),
        path: text("path").unwrap_or("/").to_owned(),
        headers: list(check, "headers").iter().filter_map(values).flatten().collect(),
        tls: text("protocol") == Some("https"),
    }
}

/// Where the first service is met.
pub(crate) fn internal_port(config: &Value) -> Option<u16> {
    list(config, "services").first()?.get("internal_port")?.as_u64()?.try_into().ok()
}

pub(crate) fn restart(config: &Value) -> Restart {
    let word = config.pointer("/restart/policy").and_then(Value::as_str);
    let max = config.pointer("/restart/max_retries").and_then(Value::as_u64).filter(|max| *max > 0);
    match word {
        Some("no") => Restart::No,
        Some("always") => Restart::Always,
        _ => Restart::OnFailure { max: max.unwrap_or(10) },
    }
}

/// How long a stop may take that says nothing of it.
pub(crate) fn kill_timeout(config: &Value) -> Duration {
    let told = config.pointer("/stop_config/timeout").and_then(go_duration::read);
    told.unwrap_or(Duration::from_secs(5)).min(Duration::from_secs(300))
}

/// Whether the proxies may put it to sleep, and whether with its memory.
pub(crate) fn autostop(config: &Value) -> Option<bool> {
    list(config, "services").iter().find_map(|service| match service.get("autostop")? {
        Value::Bool(true) => Some(false),
        Value::String(word) if word == "suspend" => Some(true),
        _ => None,
    })
}

pub(crate) fn autostart(config: &Value) -> bool {
    list(config, "services").iter().any(|service| service.get("autostart") == Some(&Value::Bool(true)))
}

/// How many of its region stay up, where that is the app's own.
pub(crate) fn min_running(config: &Value, region: &str) -> usize {
    let primary = config.pointer("/env/PRIMARY_REGION").and_then(Value::as_str) == Some(region);
    let counts = list(config, "services").iter().filter_map(|service| service.get("min_machines_running")?.as_u64());
    counts.max().filter(|_| primary).and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
}

/// What is more than this on a machine is more than it should have.
pub(crate) fn soft_limit(config: &Value) -> u64 {
    let limits = list(config, "services").iter().filter_map(|service| service.pointer("/concurrency/soft_limit"));
    limits.filter_map(Value::as_u64).min().unwrap_or(20)
}

pub(crate) fn has_services(config: &Value) -> bool {
    !list(config, "services").is_empty()
}

/// As an answer has it, which is not as it came.
pub(crate) fn normalised(mut config: Value) -> Value {
    for key in ["init", "dns", "metadata", "env"] {
        if config.get(key).is_none_or(Value::is_null) {
            config[key] = json!({});
        }
    }
    for service in config.get_mut("services").and_then(Value::as_array_mut).into_iter().flatten() {
        if service.is_object() && service.get("force_instance_key").is_none() {
            service["force_instance_key"] = Value::Null;
        }
        let autostop = match service.get("autostop").and_then(Value::as_str) {
            Some("off") => json!(false),
            Some("stop") => json!(true),
            _ => continue,
        };
        service["autostop"] = autostop;
    }
    config
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_taken_apart() {
        let image = Image::parse("registry.fly.io/web:deployment-2@sha256:22");
        assert_eq!([&*image.registry, &*image.repository, &*image.tag], ["registry.fly.io", "web", "deployment-2"]);
        assert_eq!(image.digest, "sha256:22");
        let tagged = Image::parse("registry.fly.io:5000/web:deployment-2");
        assert_eq!([&*tagged.registry, &*tagged.tag], ["registry.fly.io:5000", "deployment-2"]);
        assert_eq!(tagged.digest.len(), 71);
        assert_eq!(Image::parse("registry.fly.io/web@sha256:22").tag, "");
    }

    #[test]
    fn checks_are_counted_over_services_and_named_by_type_and_port() {
        let config = json!({
            "services": [
                {"internal_port": 8080, "checks": [{"type": "tcp"}, {"type": "http", "port": 81, "interval": "2s"}]},
                {"internal_port": 9, "checks": [{"type": "tcp"}]},
            ],
            "checks": {"ready": {"type": "http", "grace_period": "10s"}, "alive": {"kind": "readiness"}},
        });
        let checks = checks(&config).expect("understood");
        let names: Vec<_> = checks.iter().map(|check| (&*check.name, check.routes)).collect();
        let services = [("servicecheck-00-tcp-8080", true), ("servicecheck-01-http-81", true)];
        assert_eq!(names[..2], services);
        assert_eq!(names[2..], [("servicecheck-02-tcp-9", true), ("alive", true), ("ready", false)]);
        assert_eq!((checks[1].interval.as_secs(), checks[4].grace.as_secs()), (2, 10));
        assert!(super::checks(&json!({"checks": {"x": {"interval": "soon"}}})).is_err());
    }

    #[test]
    fn answers_have_what_was_left_out_and_autostop_as_a_boolean() {
        let config = normalised(json!({"image": "a", "services": [{"autostop": "stop"}, {"autostop": "suspend"}]}));
        let service = |n: usize| config["services"][n].clone();
        assert_eq!(service(0), json!({"autostop": true, "force_instance_key": null}));
        assert_eq!(service(1)["autostop"], "suspend");
        assert_eq!((&config["init"], &config["dns"]), (&json!({}), &json!({})));
    }

    #[test]
    fn without_a_policy_ten_failures_are_mended() {
        assert_eq!(restart(&json!({})), Restart::OnFailure { max: 10 });
        assert_eq!(restart(&json!({"restart": {"policy": "no"}})), Restart::No);
        let three = json!({"restart": {"policy": "on-failure", "max_retries": 3}});
        assert_eq!(restart(&three), Restart::OnFailure { max: 3 });
    }
}
