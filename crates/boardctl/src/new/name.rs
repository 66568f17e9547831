//! What a function may be called.

use std::fmt;
use std::str::FromStr;

/// So that what is made of it stays within what others take: the name of a machine (63), of a login, a line of a source.
const LONGEST: usize = 24;

/// Rust's words, and those that cargo keeps for crates and folders of its own.
const RESERVED: &str = "abstract alloc as async await become box break build const continue core crate debug deps do dyn else \
                        enum examples extern false final fn for gen if impl in incremental let loop macro match mod move \
                        mut override priv proc-macro pub ref release return self static std struct super target test trait true \
                        try type typeof unsafe unsized use virtual where while yield";

/// A function's name: of its crate, its binary, its file in `fly/`, and, after what all apps begin with, its app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It has other signs, or they stand elsewhere.
    #[error("wanted words of a-z and 0-9 with a hyphen between them, the first beginning with a letter")]
    Signs,
    /// It is too long.
    #[error("it has {0} characters: wanted {LONGEST} at most")]
    Long(usize),
    /// It means something else.
    #[error("it is a word that Rust or cargo keeps for itself")]
    Reserved,
}

impl Name {
    /// As it stands everywhere but in the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its group role.
    #[must_use]
    pub fn role(&self) -> String {
        format!("board_{}", self.0.replace('-', "_"))
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(sign);
        if !text.split('-').all(is_word) || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(BadName::Signs);
        }
        if text.len() > LONGEST {
            return Err(BadName::Long(text.len()));
        }
        if RESERVED.split(' ').any(|word| word == text) {
            return Err(BadName::Reserved);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_hyphens_are_names() {
        for text in ["greeting", "a", "job-alerts-2", &"a".repeat(LONGEST)] {
            assert_eq!(text.parse::<Name>().map(|name| name.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("job-alerts".parse::<Name>().expect("a name").role(), "board_job_alerts");
    }

    #[test]
    fn what_is_no_such_words_is_none() {
        for text in ["", "-a", "a-", "a--b", "a_b", "Greeting", "2fa", "grüße", "a b", "../a", "a/b", "a.toml"] {
            assert_eq!(text.parse::<Name>(), Err(BadName::Signs), "{text}");
        }
        assert_eq!("a".repeat(25).parse::<Name>(), Err(BadName::Long(25)));
    }

    #[test]
    fn a_word_that_means_something_else_is_none() {
        for text in ["match", "gen", "test", "std", "proc-macro", "deps"] {
            assert_eq!(text.parse::<Name>(), Err(BadName::Reserved), "{text}");
        }
    }
}
