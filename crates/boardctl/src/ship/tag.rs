//! The tags that images are pushed under.

use std::fmt;
use std::str::FromStr;

/// What a tag of ours begins with: `fly status` looks for newer images of any other.
const DEPLOYMENT: &str = "deployment-";

/// A tag: of a release of ours `deployment-COMMIT-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(String);

impl Tag {
    /// As text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The commit that the image was built from.
    pub(crate) fn commit(&self) -> Option<&str> {
        self.parts().map(|(commit, _)| commit)
    }

    /// What tells it apart from others of its commit.
    pub(crate) fn id(&self) -> Option<&str> {
        self.parts().map(|(_, id)| id)
    }

    fn parts(&self) -> Option<(&str, &str)> {
        let (commit, id) = self.0.strip_prefix(DEPLOYMENT)?.split_once('-')?;
        let hex = commit.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (hex && commit.len() >= 7).then_some((commit, id))
    }

    /// Whether it was built from that commit; either may be cut short.
    pub(crate) fn is_of(&self, commit: &str) -> bool {
        self.commit().is_some_and(|own| own.starts_with(commit) || commit.starts_with(own))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(sign) && !text.starts_with(['-', '.']);
        if fits { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_tells_its_commit_only_where_it_is_one_of_ours() {
        let tag = |text: &str| text.parse::<Tag>().expect(text);
        assert_eq!(tag("deployment-0123abc-7").parts(), Some(("0123abc", "7")));
        assert!(tag("deployment-0123abcdef-9").is_of("0123abc") && tag("deployment-0123abc-9").is_of("0123abcdef"));
        for other in ["deployment-01KQ3V", "latest", "deployment-main-3", "deployment-0123ab-3", "v0123abc-1"] {
            assert_eq!(tag(other).commit(), None, "{other}");
        }
        assert!(!tag("deployment-0123abc-9").is_of("7654321"));
    }

    #[test]
    fn what_cannot_stand_in_a_path_is_no_tag() {
        for text in ["", "a/b", "a b", "..", "-a", "a?b", &"a".repeat(129)] {
            assert!(text.parse::<Tag>().is_err(), "{text}");
        }
    }
}
