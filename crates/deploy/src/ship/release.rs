//! What is asked for.

use ring::digest::{Context, SHA256};
use serde_json::{Value, json};

use super::{Fingerprint, Plan};
use crate::config::MachineConfig;
use crate::machines::SecretDigest;

/// The release that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// What it is.
    pub fingerprint: Fingerprint,
    /// How many machines it is to have where there is nothing yet to go by.
    pub first: Plan,
}

/// What makes two releases one: the image, how it runs, and the values of the secrets. The image's reference is left out,
/// since a tag is new with each build, and so are the metadata, which tell of one deploy. A `salt` makes another release
/// of the same.
///
/// # Panics
/// Never: a configuration is always JSON.
#[must_use]
pub fn fingerprint(image_digest: &str, config: &MachineConfig, secrets: &[SecretDigest], salt: &str) -> Fingerprint {
    let mut config = serde_json::to_value(config).expect("a configuration is JSON");
    if let Some(members) = config.as_object_mut() {
        members.remove("image");
        members.remove("metadata");
    }
    let mut secrets: Vec<Value> = secrets.iter().map(|secret| json!([secret.name, secret.digest])).collect();
    secrets.sort_by_key(Value::to_string);
    let mut hash = Context::new(&SHA256);
    // An array, so that no two parts can be read as two others.
    hash.update(json!([image_digest, config, secrets, salt]).to_string().as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finish().as_ref()[..8]);
    Fingerprint::new(first)
}
