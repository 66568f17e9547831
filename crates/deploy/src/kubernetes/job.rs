//! A Job: what runs once, such as `migrate`. Its name has the image's mark, since a Job never changes: a new image is a new
//! Job, and the same one is not run again.

use serde_json::{Value, json};

use super::{Error, Function};

/// Locks are given up and tried again within it.
const DEADLINE_S: u32 = 600;
/// It stays for people to read its log.
const KEEP_S: u32 = 86_400;
/// Another try is safe: what was done is not done again.
const TRIES: u32 = 3;

impl Function<'_> {
    pub(super) fn job(&self) -> Result<Value, Error> {
        let image = self.cluster.images.get(self.name).ok_or_else(|| Error::NoImage(self.name.to_owned()))?;
        let name = format!("{}-{}", self.name, image.mark());
        Ok(json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": self.metadata_of(&name),
            "spec": {
                "activeDeadlineSeconds": DEADLINE_S,
                "backoffLimit": TRIES,
                "ttlSecondsAfterFinished": KEEP_S,
                "template": self.pod("Never", &[])?,
            },
        }))
    }
}
