use std::time::{Duration, Instant};

use serde::Deserialize;
use url::Url;

/// How long a mail may take on a busy machine.
const ARRIVES: Duration = Duration::from_secs(30);
/// How often to look.
const LOOK: Duration = Duration::from_millis(25);

/// Why there is no mail.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The inbox cannot be read.
    #[error("the inbox cannot be read")]
    Unreadable(#[source] reqwest::Error),
    /// Nothing arrived.
    #[error("no mail about \"{word}\" arrived within {} s", ARRIVES.as_secs())]
    Nothing {
        /// What its subject had to hold.
        word: String,
    },
    /// A sign-in mail arrived, without a link that holds a token.
    #[error("the sign-in mail holds no link with a token")]
    NoToken,
}

/// The stand-in's inbox, as a person reads it.
#[derive(Clone)]
pub struct Inbox {
    http: reqwest::Client,
    page: Url,
}

#[derive(Deserialize)]
struct Mails {
    mails: Vec<Mail>,
}

#[derive(Deserialize)]
struct Mail {
    subject: String,
    text: Option<String>,
}

impl Inbox {
    /// The inbox of the stand-in at this address.
    #[must_use]
    pub fn new(http: reqwest::Client, page: Url) -> Self {
        Self { http, page }
    }

    /// Waits for a mail to this address whose subject holds this word; its text.
    pub(super) async fn wait_for(&self, address: &str, word: &str) -> Result<String, InboxError> {
        let began = Instant::now();
        while began.elapsed() < ARRIVES {
            let found = self.mails(address).await?.into_iter().find(|mail| mail.subject.to_lowercase().contains(word));
            if let Some(mail) = found {
                return Ok(mail.text.unwrap_or_default());
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(InboxError::Nothing { word: word.to_owned() })
    }

    /// Waits for the sign-in mail; the token in its link, behind the `#`.
    ///
    /// # Errors
    /// When none arrives, or it holds no link.
    pub async fn sign_in_token(&self, address: &str) -> Result<String, InboxError> {
        let text = self.wait_for(address, "sign in").await?;
        let token =
            text.split_whitespace().find_map(|word| word.split_once('#').filter(|(url, _)| url.starts_with("http")));
        token.map(|(_, token)| token.to_owned()).ok_or(InboxError::NoToken)
    }

    async fn mails(&self, address: &str) -> Result<Vec<Mail>, InboxError> {
        let mut url = self.page.clone();
        url.set_path("/inbox.json");
        url.query_pairs_mut().append_pair("to", address);
        let unreadable = |error: reqwest::Error| InboxError::Unreadable(error.without_url());
        let answer = self.http.get(url).send().await.map_err(unreadable)?;
        let mails: Mails = answer.error_for_status().map_err(unreadable)?.json().await.map_err(unreadable)?;
        Ok(mails.mails)
    }
}
