//! A Service: the address of a function that is called.

use serde_json::{Value, json};

use super::Function;

impl Function<'_> {
    pub(super) fn service(&self) -> Option<Value> {
        self.toml.http_service.as_ref()?;
        Some(json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": self.metadata(),
            "spec": {
                "type": "ClusterIP",
                "selector": self.labels(),
                "ports": [{ "name": "http", "port": 80, "targetPort": "http", "protocol": "TCP", "appProtocol": "http" }],
            },
        }))
    }
}
