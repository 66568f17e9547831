//! Images, and the tags that they are pushed under.

use std::fmt;
use std::str::FromStr;

use deploy::machines::AppName;
use deploy::ship::Digest;

/// The registry of Fly.
const HOST: &str = "registry.fly.io";

/// What a tag of ours begins with: `fly status` looks for newer images of any other.
const DEPLOYMENT: &str = "deployment-";

/// An image of an app: `registry.fly.io/APP:TAG@sha256:…`.
///
/// With a digest, because a tag can be moved; with a tag, because by it flyctl tells two colours apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    app: AppName,
    tag: Tag,
    digest: String,
}

/// What is wrong with a text that names no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}: wanted registry.fly.io/APP:TAG@sha256:64 HEX DIGITS")]
pub struct NoImage(&'static str);

impl Image {
    /// The image of this app under a tag.
    pub(crate) fn new(app: AppName, tag: Tag, digest: &str) -> Result<Self, NoImage> {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        let whole = hex.len() == 64 && hex.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if whole { Ok(Self { app, tag, digest: digest.to_owned() }) } else { Err(NoImage("its digest is none")) }
    }

    /// Whose it is.
    pub(crate) fn app(&self) -> &AppName {
        &self.app
    }

    /// `sha256:…`
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Its tag.
    pub(crate) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Enough of its digest to tell it from others.
    pub(crate) fn short(&self) -> String {
        Digest::of(&self.digest).map(|digest| digest.to_string()).unwrap_or_default()
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HOST}/{}:{}@{}", self.app, self.tag, self.digest)
    }
}

impl FromStr for Image {
    type Err = NoImage;

    fn from_str(text: &str) -> Result<Self, NoImage> {
        let (name, digest) = text.split_once('@').ok_or(NoImage("it has no digest, and a tag can be moved"))?;
        let path = name.strip_prefix(HOST).and_then(|rest| rest.strip_prefix('/'));
        let path = path.ok_or(NoImage("it is not of registry.fly.io, where Fly pulls from"))?;
        let (app, tag) = path.split_once(':').ok_or(NoImage("it has no tag, by which flyctl tells releases apart"))?;
        let app = app.parse().map_err(|_| NoImage("its repository is no app's name"))?;
        Self::new(app, tag.parse().map_err(|_| NoImage("its tag is none"))?, digest)
    }
}

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
        let (commit, _) = self.0.strip_prefix(DEPLOYMENT)?.split_once('-')?;
        let hex = commit.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (hex && commit.len() >= 7).then_some(commit)
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

    fn whole() -> String {
        format!("registry.fly.io/board-api:deployment-0123abc-7@sha256:{}", "ab".repeat(32))
    }

    #[test]
    fn an_image_reads_as_it_was_written() {
        let image: Image = whole().parse().expect("an image");
        assert_eq!(image.to_string(), whole());
        assert_eq!((image.app().as_str(), image.short().as_str()), ("board-api", "abababababab"));
        assert_eq!(image.tag().commit(), Some("0123abc"));
    }

    #[test]
    fn each_part_that_is_missing_or_wrong_is_named() {
        let wrong = |text: &str| text.parse::<Image>().expect_err(text).to_string();
        let (name, digest) = whole().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("both");
        for (text, told) in [
            (name.clone(), "no digest"),
            (format!("board-api:1@{digest}"), "not of registry.fly.io"),
            (format!("registry.fly.io.evil.example/board-api:1@{digest}"), "not of registry.fly.io"),
            (format!("registry.fly.io/board-api@{digest}"), "no tag"),
            (format!("registry.fly.io/Board/Api:1@{digest}"), "no app's name"),
            (format!("registry.fly.io/board-api:@{digest}"), "its tag"),
            (format!("{name}@sha256:abc"), "its digest"),
            (format!("{name}@{}", digest.to_uppercase()), "its digest"),
        ] {
            assert!(wrong(&text).contains(told), "{text}: {}", wrong(&text));
        }
    }

    #[test]
    fn a_tag_tells_its_commit_only_where_it_is_one_of_ours() {
        let tag = |text: &str| text.parse::<Tag>().expect(text);
        assert!(tag("deployment-0123abcdef-9").is_of("0123abc") && tag("deployment-0123abc-9").is_of("0123abcdef"));
        for other in ["deployment-01KQ3V", "latest", "deployment-main-3", "deployment-0123ab-3", "v0123abc-1"] {
            assert_eq!(tag(other).commit(), None, "{other}");
        }
        assert!(!tag("deployment-0123abc-9").is_of("7654321"));
    }
}
