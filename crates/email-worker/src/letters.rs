//! What people read. A letter is written from ids, by reading the database when its batch is frozen; from then on its
//! bytes stay as they are.

mod application_received;
mod new_application;
mod request;
mod sign_in_link;

use std::fmt;

use contracts::mail::Mail;
use platform::http::edge::one_line;
use platform::postgres::{Error, Pool};
use serde_json::json;

use crate::protocol::ErrorName;
use crate::settings::LetterSettings;
use crate::store::{Claimed, Queued};

/// A mail as its reader sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The reader's address, as written by its owner.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "To: {}\nSubject: {}\n\n{}", self.to, self.subject, self.text)
    }
}

/// Why a batch could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// What one of its mails is about is gone, or its reader is.
    #[error("what a mail is about is gone")]
    Gone,
    /// A row that this version does not understand, although it knows the kind.
    #[error("a row of the outbox is not as its kind has it")]
    Unreadable,
    /// The database could not be read, which may pass.
    #[error("the database could not be read")]
    Store(#[source] Error),
}

impl Unwritten {
    /// What the outbox notes of a mail that will never be written; `None` where it may yet be.
    #[must_use]
    pub fn forever(&self) -> Option<ErrorName> {
        match self {
            Self::Gone => Some(ErrorName::new("subject_gone")),
            Self::Unreadable => Some(ErrorName::new("payload_unreadable")),
            Self::Store(_) => None,
        }
    }
}

/// Reads a row of the outbox.
///
/// # Errors
/// [`Unwritten::Unreadable`].
pub fn read(kind: &str, mail: &Queued) -> Result<Mail, Unwritten> {
    let row = json!({ "kind": kind, "payload": mail.payload });
    serde_json::from_value(row).map_err(|_| Unwritten::Unreadable)
}

/// Writes the request that carries a batch, with a placeholder where a sign-in token goes.
///
/// # Errors
/// [`Unwritten`], by the first mail that cannot be written.
pub async fn write(pool: &Pool, settings: &LetterSettings, claimed: &Claimed) -> Result<Vec<u8>, Unwritten> {
    let mut letters = Vec::with_capacity(claimed.mails.len());
    for mail in &claimed.mails {
        let letter = match read(&claimed.kind, mail)? {
            Mail::SignInLink { sign_in_id, .. } => {
                sign_in_link::write(pool, &settings.sign_in_url, claimed.batch, sign_in_id).await
            }
            Mail::ApplicationReceived { application_id } => application_received::write(pool, application_id).await,
            Mail::NewApplication { application_id, recipient_id } => {
                new_application::write(pool, application_id, recipient_id).await
            }
        };
        letters.push((mail.id, letter?));
    }
    Ok(request::body(&settings.from, &claimed.kind, &letters))
}

/// A name as a mail has it; none where nothing of it is to be seen, as a name that is kept from before may be.
fn name(kept: Option<&str>) -> Option<String> {
    kept.map(one_line).filter(|name| !name.is_empty())
}

/// Greets a reader by name, where there is one.
fn hello(kept: Option<&str>) -> String {
    name(kept).map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
}
