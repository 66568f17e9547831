//! Takes a safety feature out, so that the test which guards it can be seen to fail.
//!
//! Only a build with the cargo feature `sabotage`, which does not compile without debug assertions, can do this: there the
//! environment variable `SABOTAGE` names what is taken out. In every other build [`takes_out`] is constantly false, and
//! the compiler leaves the branch away.

#[cfg(all(feature = "sabotage", not(debug_assertions)))]
compile_error!(
    "the feature `sabotage` takes safety features out by an environment variable: no build without debug assertions has it"
);

/// Whether this safety feature is taken out.
#[cfg(not(feature = "sabotage"))]
#[must_use]
pub const fn takes_out(_feature: &str) -> bool {
    false
}

/// Whether this safety feature is taken out.
#[cfg(feature = "sabotage")]
#[must_use]
pub fn takes_out(feature: &str) -> bool {
    static TAKEN_OUT: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    TAKEN_OUT.get_or_init(|| std::env::var("SABOTAGE").ok()).as_deref() == Some(feature)
}
