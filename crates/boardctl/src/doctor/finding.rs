//! One assumption, and what is so.

use serde::Serialize;

/// What is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// As assumed.
    Ok,
    /// Otherwise.
    Differs,
    /// It could not be looked at.
    NotSeen,
}

/// An assumption, held against Fly.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// Its name.
    pub(super) item: &'static str,
    /// What a deploy rests on.
    pub(super) assumed: &'static str,
    /// What is so.
    pub(super) verdict: Verdict,
    /// What was seen.
    pub(super) seen: String,
}

impl Finding {
    /// It is as assumed, or not.
    pub(super) fn judged(item: &'static str, assumed: &'static str, good: bool, seen: impl Into<String>) -> Self {
        Self { item, assumed, verdict: if good { Verdict::Ok } else { Verdict::Differs }, seen: seen.into() }
    }

    /// It could not be looked at.
    pub(super) fn not_seen(item: &'static str, assumed: &'static str, why: impl Into<String>) -> Self {
        Self { item, assumed, verdict: Verdict::NotSeen, seen: why.into() }
    }

    /// A line for people.
    pub(super) fn line(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Differs => "DIFFERS",
            Verdict::NotSeen => "not seen",
        };
        format!("{verdict:<9} {:<22} assumed: {}; seen: {}", self.item, self.assumed, self.seen)
    }
}
