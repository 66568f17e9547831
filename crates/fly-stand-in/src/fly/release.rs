//! Release records: what flyctl, the autoscaler and people go by, and nothing that runs a machine.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Ended, Fly};
use crate::act::Call;
use crate::lease::OWNER;
use crate::refusal::{Refusal, stamp};

/// What a release may be said to be. One that is under way pauses the autoscaler.
const STATUSES: [&str; 5] = ["pending", "running", "complete", "failed", "interrupted"];

/// A record.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    id: String,
    version: u64,
    status: String,
    strategy: String,
    image: String,
    definition: Value,
    created: OffsetDateTime,
}

impl Release {
    /// As REST has it.
    pub(super) fn shape(&self) -> Value {
        json!({
            "id": self.id,
            "version": self.version,
            "stable": self.status == "complete",
            "in_progress": matches!(&*self.status, "pending" | "running"),
            "status": self.status,
            "strategy": self.strategy,
            "user": OWNER,
            "created_at": stamp(self.created),
            "image_ref": self.image,
        })
    }

    /// As GraphQL has it.
    pub(super) fn node(&self) -> Value {
        json!({
            "id": self.id,
            "version": self.version,
            "description": "Release",
            "reason": "",
            "status": self.status,
            "imageRef": self.image,
            "stable": self.status == "complete",
            "inProgress": matches!(&*self.status, "pending" | "running"),
            "deploymentStrategy": self.strategy,
            "createdAt": stamp(self.created),
            "user": { "id": "user-1", "email": OWNER, "name": "Somebody" },
            "configDefinition": self.definition,
        })
    }
}

impl Fly {
    pub(super) fn new_release(&mut self, now: OffsetDateTime, call: &Call) -> Result<Ended, Refusal> {
        let text = |key: &str| call.body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = format!("rel{}", self.ids.machine());
        let app = self.apps.get_mut(&call.app).ok_or_else(Refusal::no_app)?;
        let release = Release {
            id,
            version: app.releases.len() as u64 + 1,
            status: "pending".to_owned(),
            strategy: text("strategy"),
            image: text("image"),
            definition: call.body.get("definition").cloned().unwrap_or_default(),
            created: now,
        };
        let shape = release.shape();
        app.releases.push(release);
        Ok((201, json!({ "release": shape })))
    }

    pub(super) fn mark_release(&mut self, call: &Call) -> Result<Ended, Refusal> {
        let mut all = self.apps.values_mut().flat_map(|app| &mut app.releases);
        let release = all.find(|release| Some(&release.id) == call.key.as_ref());
        let release = release.ok_or_else(|| Refusal::new(404, "release not found"))?;
        let status = call.body.get("status").and_then(Value::as_str).unwrap_or_default();
        if !STATUSES.contains(&status) {
            return Err(Refusal::unfit(format!("status: {status:?} is none of {}", STATUSES.join(", "))));
        }
        release.status = status.to_owned();
        Ok((200, release.shape()))
    }

    /// Newest first.
    pub(super) fn releases(&self, call: &Call) -> Result<Ended, Refusal> {
        let app = self.apps.get(&call.app).ok_or_else(Refusal::no_app)?;
        let limit = call.one("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
        let releases: Vec<Value> = app.releases.iter().rev().take(limit).map(Release::shape).collect();
        Ok((200, json!({ "releases": releases })))
    }

    /// The newest, whatever became of it.
    pub(super) fn current_release(&self, call: &Call) -> Result<Ended, Refusal> {
        let app = self.apps.get(&call.app).ok_or_else(Refusal::no_app)?;
        let release = app.releases.last().ok_or_else(|| Refusal::new(404, "release not found"))?;
        Ok((200, release.shape()))
    }

    pub(super) fn organization() -> Ended {
        let organization = json!({
            "id": "organization-1",
            "internal_numeric_id": 42,
            "slug": "stand-in",
            "raw_slug": "stand-in",
            "paid_plan": true,
            "personal": false,
            "billing_status": "CURRENT",
            "name": "Stand-in",
            "billable": true,
            "provisions_beta_extensions": false,
            "remote_builder_image": "",
        });
        (200, json!({ "organization": organization }))
    }

    /// Nothing is built here; flyctl tells of images that are there already as of builds, too.
    pub(super) fn build(call: &Call, status: &str) -> Ended {
        let id = call.body.get("build_id").and_then(Value::as_u64).unwrap_or(101);
        (200, json!({ "id": id, "status": status, "wallclock_time_ms": 0 }))
    }
}
