//! The same functions on Kubernetes, by the same files: `fly/*.toml` and `fleet.toml`.
//!
//! For each function a Deployment, a PodDisruptionBudget and a NetworkPolicy, a Service for those that are called, and a Job
//! for what runs once. Secrets are referred to by name: a Secret of the function's name, with a key for each that
//! `fleet.toml` lists. What is in front of them (an ingress, certificates) is the cluster's own.

mod cluster;
mod disruption;
mod error;
mod job;
mod labels;
mod network;
mod pod;
mod rollout;
mod service;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::FlyToml;
use crate::rules::{self, App, FLEET, Fleet, Kind};

pub use cluster::{Cluster, Image};
pub use error::Error;
pub use yaml::text;

/// A function, with all that its files say.
struct Function<'a> {
    name: &'a str,
    toml: FlyToml,
    app: &'a App,
    cluster: &'a Cluster,
}

/// The namespace, and what each of these files' functions needs in it: `migrate` and other jobs first.
///
/// # Errors
/// When a file breaks a rule, or the cluster's own values do not fit the files.
pub fn manifests(files: &BTreeMap<String, String>, cluster: &Cluster) -> Result<Vec<Value>, Error> {
    let broken = rules::broken(files);
    if !broken.is_empty() {
        return Err(Error::Broken(broken.iter().map(ToString::to_string).collect()));
    }
    let fleet = files.get(FLEET).and_then(|text| Fleet::parse(text).ok()).ok_or(Error::NoFleet)?;
    cluster.fits(&fleet)?;
    let (mut once, mut always) = (Vec::new(), Vec::new());
    for (name, app) in &fleet.apps {
        let toml = files.get(&format!("{name}.toml")).and_then(|text| FlyToml::parse(text).ok());
        let function = Function { name, toml: toml.ok_or(Error::NoFleet)?, app, cluster };
        match Kind::of(&function.toml) {
            Kind::OneOff => once.extend(function.once()?),
            Kind::Serves | Kind::Works => always.extend(function.always()?),
        }
    }
    Ok([vec![namespace(cluster)], once, always].concat())
}

/// No pod in it may be root, or ask for more than ours do.
fn namespace(cluster: &Cluster) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": cluster.namespace,
            "labels": { "pod-security.kubernetes.io/enforce": "restricted" },
        },
    })
}

impl Function<'_> {
    /// One that goes on.
    fn always(&self) -> Result<Vec<Value>, Error> {
        let mut all = vec![self.network_policy(), self.deployment()?, self.disruption_budget()];
        all.extend(self.service());
        Ok(all)
    }

    /// One that ends.
    fn once(&self) -> Result<Vec<Value>, Error> {
        Ok(vec![self.network_policy(), self.job()?])
    }
}
