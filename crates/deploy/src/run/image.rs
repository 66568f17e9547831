//! References of images.

use std::fmt;
use std::str::FromStr;

use crate::machines::AppName;
use crate::ship::Digest;

/// An image by its tag and its digest: `registry.fly.io/APP:TAG@sha256:…`. The digest says what runs; the tag is what
/// flyctl tells colours apart by, and a deploy by hand that comes upon two of one digest without one doubles the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    whole: String,
    repository: usize,
    digest: usize,
}

/// A text that is no such reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is {had:?}, wanted REGISTRY/APP:TAG@sha256: and 64 hex digits: {lacks}")]
pub struct NoImage {
    had: String,
    lacks: &'static str,
}

impl Image {
    /// The whole reference.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// Registry and repository: `registry.fly.io/APP`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.whole[..self.repository]
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.whole[self.repository + 1..self.digest - 1]
    }

    /// The digest: `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.whole[self.digest..]
    }

    /// The digest's first digits, as keys have it.
    #[must_use]
    pub fn short(&self) -> Option<Digest> {
        Digest::of(self.digest())
    }

    /// Whether it is a digest as registries give it: `sha256:` and 64 small hex digits.
    pub(crate) fn is_digest(text: &str) -> bool {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Whether it lies in the app's own repository: a token of one app may pull from no other.
    #[must_use]
    pub fn is_of(&self, app: &AppName) -> bool {
        self.repository().rsplit('/').next() == Some(app.as_str())
    }
}

impl FromStr for Image {
    type Err = NoImage;

    fn from_str(text: &str) -> Result<Self, NoImage> {
        let wrong = |lacks| NoImage { had: text.to_owned(), lacks };
        let (named, digest) = text.split_once('@').ok_or_else(|| wrong("it has no digest"))?;
        if !Self::is_digest(digest) {
            return Err(wrong("its digest is none"));
        }
        let tagged = named.rsplit_once(':').filter(|(path, tag)| path.contains('/') && !tag.contains('/'));
        let (path, tag) = tagged.ok_or_else(|| wrong("it has no tag"))?;
        let fits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
        if !fits(path) || !fits(tag) || path.ends_with('/') {
            return Err(wrong("it has no registry, no repository or no tag"));
        }
        Ok(Self { whole: text.to_owned(), repository: path.len(), digest: named.len() + 1 })
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_taken_apart() {
        let digest = format!("sha256:{}", "2b".repeat(32));
        let whole = format!("registry.fly.io:5000/board-api:deployment-3b0a553-7@{digest}");
        let image: Image = whole.parse().expect("an image");
        assert_eq!((image.repository(), image.tag()), ("registry.fly.io:5000/board-api", "deployment-3b0a553-7"));
        assert_eq!((image.digest(), image.as_str()), (&*digest, &*whole));
        assert_eq!(image.short().map(|digest| digest.to_string()).as_deref(), Some("2b2b2b2b2b2b"));
        assert!(image.is_of(&"board-api".parse().expect("an app")));
        assert!(!image.is_of(&"board".parse().expect("an app")));
    }

    #[test]
    fn what_has_no_digest_or_no_tag_is_refused_and_told_why() {
        let digest = "2b".repeat(32);
        for (text, lacks) in [
            ("registry.fly.io/web:1".to_owned(), "no digest"),
            ("registry.fly.io/web:1@sha256:22".to_owned(), "digest is none"),
            (format!("registry.fly.io/web:1@sha256:{}", digest.to_uppercase()), "digest is none"),
            (format!("registry.fly.io/web@sha256:{digest}"), "no tag"),
            (format!("registry.fly.io:5000/web@sha256:{digest}"), "no tag"),
            (format!("web:1@sha256:{digest}"), "no tag"),
            (format!("registry.fly.io/:1@sha256:{digest}"), "no repository"),
        ] {
            let wrong = text.parse::<Image>().expect_err(&text).to_string();
            assert!(wrong.contains(lacks), "{wrong}");
        }
    }
}
