//! A mail, parsed and within Resend's rules.

mod body;
mod fields;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::mailbox::Mailbox;
pub(crate) use body::{batch, single};

/// A mail that Resend would take.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mail {
    /// The sender.
    pub(crate) from: Mailbox,
    /// The recipients, 1 to 50.
    pub(crate) to: Vec<Mailbox>,
    /// Who gets a copy.
    pub(crate) cc: Vec<Mailbox>,
    /// Who gets a copy unseen.
    pub(crate) bcc: Vec<Mailbox>,
    /// Where answers go.
    pub(crate) reply_to: Vec<Mailbox>,
    /// The subject, one line.
    pub(crate) subject: String,
    /// The text as HTML. At least one of the two texts is there.
    pub(crate) html: Option<String>,
    /// The text as plain text.
    pub(crate) text: Option<String>,
    /// Further headers of the mail.
    pub(crate) headers: BTreeMap<String, String>,
    /// The sender's labels, by name.
    pub(crate) tags: Vec<(String, String)>,
    /// The file names of what is attached; the files themselves are not kept.
    pub(crate) attachments: Vec<String>,
}

impl Mail {
    /// Roughly how much memory the mail takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let texts = self.text.as_ref().map_or(0, String::len) + self.html.as_ref().map_or(0, String::len);
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let tags: usize = self.tags.iter().map(|(name, value)| name.len() + value.len()).sum();
        let boxes = [&self.to, &self.cc, &self.bcc, &self.reply_to].into_iter().flatten();
        let boxes: usize = boxes.map(|mailbox| 2 * mailbox.written.len()).sum();
        let files: usize = self.attachments.iter().map(String::len).sum();
        texts + headers + tags + boxes + files + self.subject.len()
    }

    /// What became of the mail: delivered at once, unless it went to one of Resend's test addresses.
    pub(crate) fn last_event(&self) -> &'static str {
        match self.to.iter().find_map(Mailbox::test_name) {
            Some("bounced") => "bounced",
            Some("complained") => "complained",
            Some("suppressed") => "suppressed",
            _ => "delivered",
        }
    }

    /// The mail's own part of `GET /emails/{id}`.
    pub(crate) fn body(&self) -> Value {
        let tags: Vec<Value> = self.tags.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        json!({
            "from": self.from.written,
            "to": written(&self.to),
            "cc": written(&self.cc),
            "bcc": written(&self.bcc),
            "reply_to": written(&self.reply_to),
            "subject": self.subject,
            "html": self.html,
            "text": self.text,
            "tags": tags,
        })
    }
}

/// The mailboxes as they were written.
pub(crate) fn written(mailboxes: &[Mailbox]) -> Vec<&str> {
    mailboxes.iter().map(|mailbox| mailbox.written.as_str()).collect()
}
