//! A Deployment: no pod goes before another one is ready.

use serde_json::{Value, json};

use super::{Error, Function};

/// Of the kubelet, by the go-live checklist: delay, period, and failures until it believes them; our own patience beside.
struct Probe {
    path: &'static str,
    delay_s: u32,
    period_s: u32,
    failures: u32,
    timeout_s: u32,
}

/// Touches nothing but the process: what fails it is restarted.
const ALIVE: Probe = Probe { path: "/healthz", delay_s: 5, period_s: 10, failures: 3, timeout_s: 2 };
/// All that the function needs: what fails it is not routed to.
const READY: Probe = Probe { path: "/readyz", delay_s: 10, period_s: 5, failures: 2, timeout_s: 5 };
/// A pod counts once it was ready for so long: what a deploy on Fly asks of `/readyz?steady=10s`.
const STEADY_S: u32 = 10;

impl Probe {
    fn value(&self) -> Value {
        json!({
            "httpGet": { "path": self.path, "port": "http" },
            "initialDelaySeconds": self.delay_s,
            "periodSeconds": self.period_s,
            "failureThreshold": self.failures,
            "timeoutSeconds": self.timeout_s,
        })
    }
}

impl Function<'_> {
    pub(super) fn deployment(&self) -> Result<Value, Error> {
        let mut pod = self.pod("Always", &[("livenessProbe", ALIVE.value()), ("readinessProbe", READY.value())])?;
        pod["spec"]["affinity"] = self.apart();
        pod["spec"]["topologySpreadConstraints"] = json!([self.spread()]);
        Ok(json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": self.metadata(),
            "spec": {
                // The database has room for twice as many, and a rollout may want all of it: `maxSurge` does not count
                // pods that end, and one drains for as long as the next takes to get ready.
                "replicas": self.app.machines,
                "selector": self.selector(),
                "minReadySeconds": STEADY_S,
                "progressDeadlineSeconds": self.toml.deploy.wait_timeout.map_or(300, |time| time.0.as_secs()),
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } },
                "template": pod,
            },
        }))
    }

    /// Not two on one node, where there are others.
    fn apart(&self) -> Value {
        let term = json!({ "labelSelector": self.selector(), "topologyKey": "kubernetes.io/hostname" });
        json!({
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 100, "podAffinityTerm": term }],
            },
        })
    }

    /// And not all in one zone.
    fn spread(&self) -> Value {
        json!({
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": self.selector(),
        })
    }
}
