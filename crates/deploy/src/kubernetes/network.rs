//! A NetworkPolicy: who may call a function, and whom it may call.

use serde_json::{Value, json};

use super::{Function, pod};

/// Resend's, and that of other functions by their public address.
const HTTPS: u16 = 443;
const NAMES: u16 = 53;
/// The settings that say where spans go, the first before the second.
const TRACES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

impl Function<'_> {
    pub(super) fn network_policy(&self) -> Value {
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": self.metadata(),
            "spec": {
                "podSelector": self.selector(),
                "policyTypes": ["Ingress", "Egress"],
                "ingress": self.callers(),
                "egress": self.called(),
            },
        })
    }

    /// A node's own probes need no leave.
    fn callers(&self) -> Vec<Value> {
        let from = |namespace: &str, port: &str| {
            json!({
                "from": [{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } } }],
                "ports": [tcp(port)],
            })
        };
        let requests = self.toml.http_service.as_ref().map(|_| from(&self.cluster.ingress_namespace, "http"));
        let metrics = self.toml.metrics.as_ref().map(|_| from(&self.cluster.metrics_namespace, "metrics"));
        requests.into_iter().chain(metrics).collect()
    }

    /// By port alone: where databases are is the cluster's own matter, and may change without a word.
    fn called(&self) -> Vec<Value> {
        let has = |secret: &str| self.app.secrets.iter().any(|it| it == secret);
        let names = json!({
            "to": [{ "namespaceSelector": {} }],
            "ports": [{ "port": NAMES, "protocol": "UDP" }, tcp(NAMES)],
        });
        let ports = [
            has("DATABASE_URL").then_some(self.cluster.postgres_port),
            has("REDIS_URL").then_some(self.cluster.redis_port),
            has("RESEND_API_KEY").then_some(HTTPS),
            self.traces_port(),
        ];
        let ports = ports.into_iter().flatten().map(|port| json!({ "ports": [tcp(port)] }));
        [names].into_iter().chain(ports).collect()
    }

    fn traces_port(&self) -> Option<u16> {
        let of = |name: &str| {
            let file = || self.toml.env.get(name).map(|value| &value.0).filter(|value| !pod::is_private(value));
            self.cluster.settings.get(&(self.name.to_owned(), name.to_owned())).or_else(file)
        };
        url::Url::parse(TRACES.into_iter().find_map(of)?).ok()?.port_or_known_default()
    }
}

fn tcp(port: impl serde::Serialize) -> Value {
    json!({ "port": port, "protocol": "TCP" })
}
