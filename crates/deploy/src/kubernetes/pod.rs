//! A pod: one container, which may do nothing but run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Error, Function};
/// That of the image.
const USER: u32 = 65_532;
/// It writes nothing to a disk; Kubernetes counts its log there.
const DISK: &str = "64Mi";
/// Beside Fly's proxy alone is this true; anybody else could write its header.
const FLYS_OWN: &str = "CLIENT_ADDRESS";

impl Function<'_> {
    /// What both a Deployment and a Job have. `probes` are the container's own.
    pub(super) fn pod(&self, restart: &str, probes: &[(&str, Value)]) -> Result<Value, Error> {
        let mut container = json!({
            "name": self.name,
            "image": self.image()?,
            // So that a node that has it still asks whether it may.
            "imagePullPolicy": "Always",
            "env": self.environment()?,
            "ports": self.ports(),
            "resources": self.resources(),
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": { "drop": ["ALL"] },
                "privileged": false,
                "readOnlyRootFilesystem": true,
                "runAsGroup": USER,
                "runAsNonRoot": true,
                "runAsUser": USER,
            },
        });
        for (name, probe) in probes {
            container[*name] = probe.clone();
        }
        let mut metadata = json!({ "labels": self.labels() });
        if let Some(metrics) = &self.toml.metrics {
            metadata["annotations"] = json!({
                "prometheus.io/scrape": "true",
                "prometheus.io/port": metrics.port.to_string(),
                "prometheus.io/path": metrics.path,
            });
        }
        let spec = json!({
            // It asks Kubernetes nothing.
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "containers": [container],
            "restartPolicy": restart,
            "securityContext": {
                "runAsGroup": USER,
                "runAsNonRoot": true,
                "runAsUser": USER,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "terminationGracePeriodSeconds": self.toml.kill_timeout.map_or(30, |time| time.0.as_secs()),
        });
        Ok(json!({ "metadata": metadata, "spec": spec }))
    }

    pub(super) fn image(&self) -> Result<String, Error> {
        let image = self.cluster.images.get(self.name).ok_or_else(|| Error::NoImage(self.name.to_owned()))?;
        Ok(image.to_string())
    }

    /// The file's, or else the cluster's own; secrets by reference.
    fn environment(&self) -> Result<Vec<Value>, Error> {
        let file = self.toml.env.iter().map(|(name, value)| (name.as_str(), value.0.as_str()));
        let of_fly = |(name, value): &(&str, &str)| *name == FLYS_OWN || is_private(value);
        let mut plain: BTreeMap<&str, &str> = file.filter(|told| !of_fly(told)).collect();
        let own = self.cluster.settings.iter().filter(|((function, _), _)| function == self.name);
        plain.extend(own.map(|((_, name), value)| (name.as_str(), value.as_str())));
        let plain = plain.into_iter().map(|(name, value)| json!({ "name": name, "value": value }));
        // By this the platform names the one that it runs on, in traces and logs.
        let pod = json!({ "name": "FLY_MACHINE_ID", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } });
        let secret = |name: &String| json!({ "name": name, "valueFrom": { "secretKeyRef": { "name": self.name, "key": name } } });
        Ok(plain.chain([pod]).chain(self.app.secrets.iter().map(secret)).collect())
    }

    fn ports(&self) -> Vec<Value> {
        let port = |name: &str, port: u16| json!({ "name": name, "containerPort": port, "protocol": "TCP" });
        let http = self.http_port().map(|number| port("http", number));
        http.into_iter().chain(self.toml.metrics.as_ref().map(|metrics| port("metrics", metrics.port))).collect()
    }

    /// Where it takes requests; a worker answers its probes there.
    pub(super) fn http_port(&self) -> Option<u16> {
        let service = self.toml.http_service.as_ref().map(|service| service.internal_port);
        service.or_else(|| self.toml.checks.values().find_map(|check| check.port))
    }

    /// What its machine on Fly has. A shared processor is a sixteenth of one, and more when others rest.
    fn resources(&self) -> Value {
        let vm = self.toml.vm.as_ref();
        let guest = vm.and_then(|vm| Some(vm.size?.guest(vm.memory))).unwrap_or_default();
        let share = if guest.cpu_kind == "shared" { format!("{}m", guest.cpus * 63) } else { guest.cpus.to_string() };
        let memory = format!("{}Mi", guest.memory_mb);
        json!({
            "limits": { "cpu": guest.cpus.to_string(), "memory": memory, "ephemeral-storage": DISK },
            "requests": { "cpu": share, "memory": memory, "ephemeral-storage": DISK },
        })
    }
}

/// Whether it is an address within Fly's private network, where nobody is here.
pub(super) fn is_private(value: &str) -> bool {
    url::Url::parse(value).is_ok_and(|url| url.host_str().is_some_and(|host| host.ends_with(".internal")))
}
