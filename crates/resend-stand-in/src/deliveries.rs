//! What was accepted: the newest in full, all of it counted.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use uuid::Uuid;

use crate::mail::{Mail, written};

/// How many deliveries are kept.
const MOST_KEPT: usize = 20_000;
/// How much text is kept, in bytes: so many mails of the largest size would not fit a small machine.
const MOST_WEIGHT: usize = 64 * 1024 * 1024;

/// One accepted mail.
pub(crate) struct Delivery {
    /// The id that was answered.
    pub(crate) id: Uuid,
    /// Which delivery it is, counted from 1.
    pub(crate) number: u64,
    /// The mail.
    pub(crate) mail: Mail,
    /// The key of the request that brought it.
    pub(crate) idempotency_key: Option<String>,
    /// When it was accepted.
    pub(crate) at: OffsetDateTime,
}

impl Delivery {
    /// When it was accepted, as RFC 3339.
    pub(crate) fn time(&self) -> String {
        self.at.format(&Rfc3339).expect("a clock of this century has a four-digit year")
    }

    /// When it was accepted, as Resend writes it: microseconds and an offset, a space between date and time.
    fn created(&self) -> String {
        const FORMAT: &[BorrowedFormatItem<'_>] = format_description!(
            "[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6][offset_hour sign:mandatory]"
        );
        self.at.format(FORMAT).expect("a clock of this century has a four-digit year")
    }

    /// The answer of `GET /emails/{id}`.
    pub(crate) fn email(&self) -> Value {
        let mut body = self.mail.body();
        body["object"] = json!("email");
        body["id"] = json!(self.id);
        body["created_at"] = json!(self.created());
        body["message_id"] = json!(format!("<{}@stand-in.resend.example>", self.id));
        body["scheduled_at"] = Value::Null;
        body["last_event"] = json!(self.mail.last_event());
        body
    }

    /// The delivery as tests and command lines read it.
    pub(crate) fn record(&self) -> Value {
        let tags: serde_json::Map<String, Value> =
            self.mail.tags.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "id": self.id,
            "number": self.number,
            "from": self.mail.from.written,
            "to": written(&self.mail.to),
            "cc": written(&self.mail.cc),
            "bcc": written(&self.mail.bcc),
            "reply_to": written(&self.mail.reply_to),
            "subject": self.mail.subject,
            "text": self.mail.text,
            "html": self.mail.html,
            "tags": tags,
            "headers": self.mail.headers,
            "attachments": self.mail.attachments,
            "idempotency_key": self.idempotency_key,
            "delivered_at": self.time(),
        })
    }

    /// Whether the mail went to this address.
    pub(crate) fn is_to(&self, address: &str) -> bool {
        [&self.mail.to, &self.mail.cc, &self.mail.bcc].into_iter().flatten().any(|mailbox| mailbox.is(address))
    }
}

/// All deliveries.
#[derive(Default)]
pub(crate) struct Deliveries {
    kept: VecDeque<Delivery>,
    numbers: HashMap<Uuid, u64>,
    count: u64,
    weight: usize,
}

impl Deliveries {
    /// Takes a mail in; the oldest make room for it.
    pub(crate) fn add(&mut self, now: OffsetDateTime, id: Uuid, mail: Mail, key: Option<String>) {
        self.count += 1;
        self.weight += mail.weight();
        self.numbers.insert(id, self.count);
        self.kept.push_back(Delivery { id, number: self.count, mail, idempotency_key: key, at: now });
        while self.kept.len() > MOST_KEPT || self.weight > MOST_WEIGHT {
            let Some(oldest) = self.kept.pop_front() else {
                break;
            };
            self.weight -= oldest.mail.weight();
            self.numbers.remove(&oldest.id);
        }
    }

    /// The delivery with this id, if it is still kept.
    pub(crate) fn find(&self, id: Uuid) -> Option<&Delivery> {
        let first = self.kept.front()?.number;
        let place = self.numbers.get(&id)?.checked_sub(first)?;
        self.kept.get(usize::try_from(place).ok()?)
    }

    /// What is kept, oldest first.
    pub(crate) fn kept(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.kept.iter()
    }

    /// How many mails were ever accepted.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Mail {
        let body = json!({"from": "a@b.test", "to": "bounced@resend.dev", "subject": "s", "text": text});
        crate::mail::single(body.to_string().as_bytes()).expect("a good mail").remove(0)
    }

    fn filled(count: u128, text: &str) -> Deliveries {
        let mut deliveries = Deliveries::default();
        let mail = mail(text);
        for number in 1..=count {
            deliveries.add(OffsetDateTime::UNIX_EPOCH, Uuid::from_u128(number), mail.clone(), None);
        }
        deliveries
    }

    #[test]
    fn the_newest_twenty_thousand_are_kept_and_all_are_counted() {
        let deliveries = filled(20_002, "t");
        assert_eq!((deliveries.count(), deliveries.kept().count()), (20_002, 20_000));
        assert!(deliveries.find(Uuid::from_u128(2)).is_none());
        assert_eq!(deliveries.find(Uuid::from_u128(3)).map(|found| found.number), Some(3));
        assert_eq!(deliveries.numbers.len(), 20_000);
    }

    #[test]
    fn large_mails_are_kept_by_weight() {
        let deliveries = filled(80, &"x".repeat(1024 * 1024));
        assert_eq!((deliveries.count(), deliveries.kept().count()), (80, 63));
    }

    #[test]
    fn an_email_tells_its_last_event() {
        let deliveries = filled(1, "t");
        let email = deliveries.find(Uuid::from_u128(1)).expect("the only mail").email();
        assert_eq!((&email["last_event"], &email["object"]), (&json!("bounced"), &json!("email")));
        assert_eq!(email["created_at"], "1970-01-01 00:00:00.000000+00");
        assert!(email["message_id"].as_str().is_some_and(|id| id.starts_with('<') && id.ends_with('>')));
    }
}
