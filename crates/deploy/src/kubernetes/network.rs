//! A NetworkPolicy: who may call a function, and whom it may call.

use serde_json::{Value, json};

use super::{Function, pod};

/// Resend's, and that of other functions by their public address.
const HTTPS: u16 = 443;
const NAMES: u16 = 53;
/// The setting that says where spans go.
const TRACES: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

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
        let key = (self.name.to_owned(), TRACES.to_owned());
        let file = || self.toml.env.get(TRACES).map(|value| &value.0).filter(|value| !pod::is_private(value));
        let text = self.cluster.settings.get(&key).or_else(file)?;
        url::Url::parse(text).ok()?.port_or_known_default()
    }
}

fn tcp(port: impl serde::Serialize) -> Value {
    json!({ "port": port, "protocol": "TCP" })
}
