//! What is kept on Fly, in the metadata of the machines: it outlives every run.
//!
//! Born with a machine: [`RELEASE`], [`COMMIT`], [`PLAN`]. Written later, and never changed: [`PASSED`], [`FAILED`],
//! [`RESTED`]. [`REFUSED`] stands on what was kept instead.

use std::collections::BTreeMap;

use super::{Plan, ReleaseKey};

/// `ID.FINGERPRINT.DIGEST12`, see [`ReleaseKey`].
pub const RELEASE: &str = "ship_release";
/// The commit that the release was built from.
pub const COMMIT: &str = "ship_commit";
/// `STARTED/ALL`, see [`Plan`].
pub const PLAN: &str = "ship_plan";
/// The verdict that it is good. On every green before a blue stops.
pub const PASSED: &str = "ship_passed";
/// The verdict that it is not, and [why](super::Why). On every green before the first step back; it outweighs [`PASSED`].
pub const FAILED: &str = "ship_failed";
/// On a machine before we cordon it: only such a cordon is ours to undo.
pub const RESTED: &str = "ship_rested";
/// On what was kept: the commit that failed beside it.
pub const REFUSED: &str = "ship_refused";

/// What a machine of a colour is born with, beside what flyctl wants to find.
#[must_use]
pub fn at_birth(key: ReleaseKey, commit: &str, plan: Plan) -> BTreeMap<String, String> {
    let all = [(RELEASE, key.to_string()), (COMMIT, commit.to_owned()), (PLAN, plan.to_string())];
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
