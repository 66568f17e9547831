//! One assumption, and what is so.

use serde::Serialize;

use super::ask::Said;

/// Its name, and what a deploy rests on.
pub(super) type Item = (&'static str, &'static str);

/// What is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// As assumed.
    Ok,
    /// Otherwise.
    Differs,
    /// Nothing rests on it, whatever it is: it is written down for people.
    Noted,
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
    pub(super) fn judged(item: Item, good: bool, seen: impl Into<String>) -> Self {
        Self::new(item, if good { Verdict::Ok } else { Verdict::Differs }, seen.into())
    }

    /// Of an answer, where one came.
    pub(super) fn of(item: Item, said: Result<Said, String>, good: impl Fn(&Said) -> bool) -> Self {
        match said {
            Ok(said) => Self::judged(item, good(&said), said.words()),
            Err(why) => Self::not_seen(item, why),
        }
    }

    /// It is so, and would be good otherwise, too.
    pub(super) fn noted(item: Item, seen: impl Into<String>) -> Self {
        Self::new(item, Verdict::Noted, seen.into())
    }

    /// It could not be looked at.
    pub(super) fn not_seen(item: Item, why: impl Into<String>) -> Self {
        Self::new(item, Verdict::NotSeen, why.into())
    }

    fn new((item, assumed): Item, verdict: Verdict, seen: String) -> Self {
        Self { item, assumed, verdict, seen }
    }

    /// A line for people.
    pub(super) fn line(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Differs => "DIFFERS",
            Verdict::Noted => "noted",
            Verdict::NotSeen => "not seen",
        };
        format!("{verdict:<9} {:<22} assumed: {}; seen: {}", self.item, self.assumed, self.seen)
    }
}
