//! What a `fly.toml` says with keys that are right each by itself, and flyctl or the Machines API refuses, or bends.

use std::time::Duration;

use super::FlyToml;

/// The way to a key, and what is wrong with its value.
type Mistake = (Vec<String>, String);

/// The first mistake.
pub(super) fn mistake(toml: &FlyToml) -> Option<Mistake> {
    environment(toml).or_else(|| groups(toml)).or_else(|| checks(toml))
}

/// flyctl takes such names without a word, and the platform's own values are gone.
fn environment(toml: &FlyToml) -> Option<Mistake> {
    let name = toml.env.keys().find(|name| name.starts_with("FLY_") || *name == "PRIMARY_REGION")?;
    Some((way(&["env", name]), "is Fly's own: wanted another name".to_owned()))
}

fn groups(toml: &FlyToml) -> Option<Mistake> {
    if let Some(groups) = &toml.processes {
        if groups.len() != 1 {
            return Some((way(&["processes"]), format!("has {} process groups: wanted one", groups.len())));
        }
        if let Some((name, command)) = groups.iter().find(|(_, command)| !command.is_empty()) {
            let told = format!("is {command:?}: wanted \"\", which runs what the image has");
            return Some((way(&["processes", name]), told));
        }
    }
    let sections = [
        (way(&["http_service", "processes"]), toml.http_service.as_ref().and_then(|it| it.processes.as_ref())),
        (way(&["restart", "0", "processes"]), toml.restart.as_ref().and_then(|it| it.processes.as_ref())),
        (way(&["metrics", "0", "processes"]), toml.metrics.as_ref().and_then(|it| it.processes.as_ref())),
        (way(&["vm", "0", "processes"]), toml.vm.as_ref().and_then(|it| it.processes.as_ref())),
    ];
    let checks = toml.checks.iter().map(|(name, it)| (way(&["checks", name, "processes"]), it.processes.as_ref()));
    sections.into_iter().chain(checks).find_map(|(path, processes)| {
        let other = processes?.iter().find(|name| *name != toml.group())?;
        Some((path, format!("names {other:?}: wanted {:?}, the one process group", toml.group())))
    })
}

/// As flyctl refuses them.
fn checks(toml: &FlyToml) -> Option<Mistake> {
    toml.checks.iter().find_map(|(name, check)| {
        let wrong = |key: &str, told: String| Some((way(&["checks", name, key]), told));
        match (check.interval, check.timeout) {
            (Some(interval), _) if interval.0 < Duration::from_secs(2) => {
                wrong("interval", format!("is {interval}: wanted 2s or more"))
            }
            (_, Some(timeout)) if timeout.0 > Duration::from_secs(60) => {
                wrong("timeout", format!("is {timeout}: wanted 1m0s or less"))
            }
            _ if check.port.is_none() && toml.http_service.is_none() => wrong(
                "port",
                "is missing: wanted the port to ask, as there is no [http_service] to take it from".to_owned(),
            ),
            _ => None,
        }
    })
}

fn way(path: &[&str]) -> Vec<String> {
    path.iter().map(|&key| key.to_owned()).collect()
}
