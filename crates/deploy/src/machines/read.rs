//! Reads answers. What the API may add is passed over; what we rely on and do not find is told by its place, and by
//! nothing that the answer holds.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// An answer that could not be read. A write that was answered so was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer cannot be read: {field} {why}")]
pub struct Unreadable {
    /// Its place, as in `[2].checks[0].status`.
    pub field: String,
    /// What is wrong there.
    pub why: Why,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is not there.
    Missing,
    /// It holds something else than it should.
    Wrong,
    /// The whole answer is no JSON.
    NoJson,
    /// The whole answer has a status that no answer of this API has.
    Status(u16),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Wrong => f.write_str("is not what it should be"),
            Self::NoJson => f.write_str("is no JSON"),
            Self::Status(status) => write!(f, "has the status {status}"),
        }
    }
}

impl Unreadable {
    /// The whole answer.
    pub(crate) fn whole(why: Why) -> Self {
        Self { field: "the whole of it".to_owned(), why }
    }

    /// One field, by its place.
    pub(crate) fn field(field: &str, why: Why) -> Self {
        Self { field: field.to_owned(), why }
    }
}

/// Reads a body.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(told)?;
    json.end().map_err(|_| Unreadable::whole(Why::NoJson))?;
    Ok(value)
}

fn told(error: serde_path_to_error::Error<serde_json::Error>) -> Unreadable {
    if !error.inner().is_data() {
        return Unreadable::whole(Why::NoJson);
    }
    let place = match error.path().to_string() {
        root if root == "." => String::new(),
        place => place,
    };
    // Serde tells a missing field by its parent's place, with the name in its text alone.
    let text = error.inner().to_string();
    match text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        Some(name) if place.is_empty() => Unreadable::field(name, Why::Missing),
        Some(name) => Unreadable::field(&format!("{place}.{name}"), Why::Missing),
        None if place.is_empty() => Unreadable::whole(Why::Wrong),
        None => Unreadable::field(&place, Why::Wrong),
    }
}

/// For what is empty when it is left out, or written as `null`.
pub(crate) fn empty_if_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code, reason = "only its reading matters")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading matters")]
        word: String,
    }

    fn wrong(body: &str) -> (String, Why) {
        let Unreadable { field, why } = read::<Vec<Outer>>(body.as_bytes()).expect_err("unreadable");
        (field, why)
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place() {
        assert_eq!(wrong(r#"[{"inner":[]},{}]"#), ("[1].inner".to_owned(), Why::Missing));
        assert_eq!(wrong(r#"[{"inner":[{"other":1}]}]"#), ("[0].inner[0].word".to_owned(), Why::Missing));
        assert_eq!(wrong(r#"[{"inner":[{"word":7}]}]"#), ("[0].inner[0].word".to_owned(), Why::Wrong));
        assert_eq!(wrong(r#"{"inner":[]}"#), ("the whole of it".to_owned(), Why::Wrong));
        for body in ["", "<html>", r#"[{"inner":"#, "[] []"] {
            assert_eq!(wrong(body).1, Why::NoJson, "{body}");
        }
    }

    #[test]
    fn nothing_that_the_answer_holds_is_told() {
        let body = br#"[{"inner":"hunter2"}]"#;
        let error = read::<Vec<Outer>>(body).expect_err("unreadable");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
