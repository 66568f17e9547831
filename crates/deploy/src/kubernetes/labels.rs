//! What things are called, and found by.

use serde_json::{Value, json};

use super::Function;

/// What names a function to all others: in a pod's labels, and in each selector.
const NAME: &str = "app.kubernetes.io/name";
/// All that belongs together.
const PART_OF: (&str, &str) = ("app.kubernetes.io/part-of", "board");

/// Whether it is a label of the DNS, which every name here must be.
pub(super) fn is_name(text: &str) -> bool {
    let within = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    (1..=63).contains(&text.len()) && text.chars().all(within) && !text.starts_with('-') && !text.ends_with('-')
}

impl Function<'_> {
    pub(super) fn labels(&self) -> Value {
        json!({ NAME: self.name, PART_OF.0: PART_OF.1 })
    }

    /// Finds its pods, and no others.
    pub(super) fn selector(&self) -> Value {
        json!({ "matchLabels": self.labels() })
    }

    pub(super) fn metadata(&self) -> Value {
        self.metadata_of(self.name)
    }

    pub(super) fn metadata_of(&self, name: &str) -> Value {
        json!({ "name": name, "namespace": self.cluster.namespace, "labels": self.labels() })
    }
}
