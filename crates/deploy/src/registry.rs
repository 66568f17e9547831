//! The images of an app, by the tags that they were pushed under: where a rollback finds the image of a commit.
//!
//! Fly's registry speaks the protocol of all registries (OCI Distribution, version 2), and knows whoever shows a token of
//! the app as the password of any name, as `docker login registry.fly.io -u x` does.

use std::collections::BTreeSet;
use std::time::Duration;

use platform::http::edge::once;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName};
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::machines::{AppName, Token};

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Every form of a manifest that an image of ours may have: one that is not named may be answered as another, and another
/// form has another digest.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.docker.distribution.manifest.v2+json";

/// As many tags are asked for at a time.
const PAGE: usize = 1_000;

/// As many pages are read: more tags are somebody else's repository.
const MOST_PAGES: usize = 100;

/// As for a call of the Machines API.
const CALL: Duration = Duration::from_secs(15);

/// Why there is no image. The token stands in none of them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer.
    #[error("the registry does not answer: {}", platform::telemetry::log::chain(.0))]
    Unanswered(reqwest::Error),
    /// Another status than a good one.
    #[error("the registry answers {status} for {what}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// What was asked for.
        what: String,
    },
    /// A good answer that cannot be read.
    #[error("the registry's answer for {what} cannot be read")]
    Unreadable {
        /// What was asked for.
        what: String,
    },
}

/// The repository of an app.
#[derive(Debug)]
pub struct Registry {
    client: reqwest::Client,
    address: Url,
    token: Token,
    app: AppName,
}

#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

impl Registry {
    /// Fly's own.
    pub const FLY: &str = "https://registry.fly.io";

    /// The repository of this app at this registry.
    ///
    /// # Errors
    /// When the system's part of the HTTP stack cannot be set up.
    pub fn new(address: Url, token: Token, app: AppName) -> reqwest::Result<Self> {
        let client = platform::http::client::builder().timeout(CALL).build()?;
        Ok(Self { client, address, token, app })
    }

    /// Every tag.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn tags(&self) -> Result<BTreeSet<String>, Error> {
        let mut all = BTreeSet::new();
        let mut last = String::new();
        for _ in 0..MOST_PAGES {
            let query = if last.is_empty() { String::new() } else { format!("&last={last}") };
            let what = format!("tags/list?n={PAGE}{query}");
            let response = self.ask(Method::GET, &what).await?;
            let page: Page = response.json().await.map_err(|_| Error::Unreadable { what })?;
            let tags = page.tags.unwrap_or_default();
            // A registry may give fewer at a time than it was asked for, and one that does not page gives all of it again:
            // the end is where nothing new comes.
            let before = all.len();
            last = tags.last().cloned().unwrap_or_default();
            all.extend(tags);
            if all.len() == before {
                break;
            }
        }
        Ok(all)
    }

    /// The digest of what a tag names, `sha256:…`.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn digest(&self, tag: &str) -> Result<String, Error> {
        let what = format!("manifests/{tag}");
        let response = self.ask(Method::HEAD, &what).await?;
        let digest = once(response.headers().get_all(DIGEST)).ok().flatten().and_then(|digest| digest.to_str().ok());
        let digest = digest.filter(|digest| crate::ship::Digest::of(digest).is_some()).map(str::to_owned);
        digest.ok_or(Error::Unreadable { what })
    }

    async fn ask(&self, method: Method, what: &str) -> Result<Response, Error> {
        let url = format!("{}/v2/{}/{what}", self.address.as_str().trim_end_matches('/'), self.app);
        let request = self.client.request(method, url).header(AUTHORIZATION, self.token.basic());
        let sent = request.header(ACCEPT, MANIFESTS).send().await;
        let response = sent.map_err(|error| Error::Unanswered(error.without_url()))?;
        let status = response.status();
        if status.is_success() { Ok(response) } else { Err(Error::Refused { status, what: what.to_owned() }) }
    }
}
