//! `fleet.toml`: what no `fly.toml` can say.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Broken, FLEET, connections, elsewhere};
use crate::config::{Error, FlyToml};

/// Every app, and what they stand on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Connections that the database takes.
    pub database_connections: u32,
    /// By the name of the function.
    pub apps: BTreeMap<String, App>,
}

/// What an app has beside its `fly.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// How many it may have.
    pub machines: u32,
    /// The names of what it is told in secret.
    pub secrets: Vec<String>,
}

impl Fleet {
    /// Understands it.
    ///
    /// # Errors
    /// The first mistake, with its line and key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| Error::found(text, &error))
    }
}

/// Holds the apps' files against it.
pub(super) fn judge(files: &BTreeMap<String, String>, apps: &BTreeMap<&str, FlyToml>, broken: &mut Vec<Broken>) {
    let fleet = match files.get(FLEET).map(|text| Fleet::parse(text)) {
        Some(Ok(fleet)) => fleet,
        Some(Err(error)) => return broken.push(Broken::Unread { file: FLEET.to_owned(), error }),
        None => return broken.push(rule("apps", "is missing", "the file, with machines and secrets of each app")),
    };
    for name in apps.keys().filter(|name| !fleet.apps.contains_key(**name)) {
        broken.push(rule(&format!("apps.{name}"), "is missing", "its machines and secrets"));
    }
    for (name, app) in &fleet.apps {
        let Some(toml) = apps.get(name.as_str()) else {
            broken.extend(without(files, name));
            continue;
        };
        for secret in app.secrets.iter().filter(|secret| toml.env.contains_key(*secret)) {
            let wrong = format!("has {secret}, which is also in [env] of {name}.toml");
            broken.push(rule(
                &format!("apps.{name}.secrets"),
                &wrong,
                "it in one place: a secret is never written down",
            ));
        }
    }
    broken.extend(too_many(&fleet, apps));
}

/// An entry without a function. Of one whose file is not understood, that is told already.
fn without(files: &BTreeMap<String, String>, name: &str) -> Option<Broken> {
    let key = format!("apps.{name}");
    match files.get(&format!("{name}.toml")) {
        None => Some(rule(&key, "has no file", &format!("{name}.toml beside this one"))),
        Some(text) if elsewhere::is(text) => {
            Some(rule(&key, "runs an image from elsewhere", "functions alone: nothing here ships it"))
        }
        Some(_) => None,
    }
}

/// Both colours are connected at once while one replaces the other.
fn too_many(fleet: &Fleet, apps: &BTreeMap<&str, FlyToml>) -> Option<Broken> {
    let of = |(name, app): (&String, &App)| {
        let each = connections::of_machine(apps.get(name.as_str())?)?;
        Some((format!("{name} {} × {each}", 2 * app.machines), 2 * app.machines * each))
    };
    let all: Vec<_> = fleet.apps.iter().filter_map(of).collect();
    let sum: u32 = all.iter().map(|(_, sum)| sum).sum();
    let told: Vec<_> = all.into_iter().map(|(told, _)| told).collect();
    let wrong = format!("is {}, and both colours of all want {sum} ({})", fleet.database_connections, told.join(", "));
    let wanted = "room for all: a smaller POOL_SIZE, fewer machines, or a database that takes more";
    (sum > fleet.database_connections).then(|| rule("database_connections", &wrong, wanted))
}

fn rule(key: &str, wrong: &str, wanted: &str) -> Broken {
    let [file, key, wrong, wanted] = [FLEET, key, wrong, wanted].map(str::to_owned);
    Broken::Rule { file, key, wrong, wanted }
}
