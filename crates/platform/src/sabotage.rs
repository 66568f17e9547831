//! Takes a safety feature out, so that the test which guards it can be seen to fail.
//!
//! Only a build with debug assertions can do this, which no image has: there the environment variable `SABOTAGE` names what
//! is taken out. In every other build [`takes_out`] is false, and the compiler leaves the branch away.

use std::sync::OnceLock;

/// Whether this safety feature is taken out.
#[must_use]
#[inline]
pub fn takes_out(feature: &str) -> bool {
    static TAKEN_OUT: OnceLock<Option<String>> = OnceLock::new();
    cfg!(debug_assertions) && TAKEN_OUT.get_or_init(|| std::env::var("SABOTAGE").ok()).as_deref() == Some(feature)
}
