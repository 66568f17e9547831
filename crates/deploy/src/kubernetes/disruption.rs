//! A PodDisruptionBudget: nodes are emptied one pod of a function at a time.

use serde_json::{Value, json};

use super::Function;

impl Function<'_> {
    pub(super) fn disruption_budget(&self) -> Value {
        json!({
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": self.metadata(),
            "spec": {
                "maxUnavailable": 1,
                "selector": self.selector(),
                // While the database is away none is ready, and a node must still be emptied.
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
            },
        })
    }
}
