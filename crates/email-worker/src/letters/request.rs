//! The bytes of a request, as `POST /emails/batch` takes them.

use contracts::address::on_the_wire;
use serde::Serialize;

use super::Letter;
use crate::settings::Sender;
use crate::store::MailId;

#[derive(Serialize)]
struct Email<'a> {
    from: &'a str,
    to: [&'a str; 1],
    subject: &'a str,
    text: &'a str,
    tags: [Tag<'a>; 2],
}

/// What webhooks and lists of Resend's say of a mail, so that it is found again.
#[derive(Serialize)]
struct Tag<'a> {
    name: &'static str,
    value: &'a str,
}

/// A JSON array, also of one mail.
pub(super) fn body(from: &Sender, kind: &str, letters: &[(MailId, Letter)]) -> Vec<u8> {
    let ids: Vec<String> = letters.iter().map(|(id, _)| id.to_string()).collect();
    let to: Vec<_> = letters.iter().map(|(_, letter)| on_the_wire(&letter.to)).collect();
    let emails: Vec<Email<'_>> = letters
        .iter()
        .zip(&ids)
        .zip(&to)
        .map(|(((_, letter), id), to)| Email {
            from: from.as_str(),
            to: [to],
            subject: &letter.subject,
            text: &letter.text,
            tags: [Tag { name: "outbox_id", value: id }, Tag { name: "kind", value: kind }],
        })
        .collect();
    serde_json::json!(emails).to_string().into_bytes()
}
