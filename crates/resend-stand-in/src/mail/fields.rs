//! The fields of a mail and their rules.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Mail;
use crate::mailbox::Mailbox;
use crate::problem::Problem;

/// Resend's bound on `to`.
const MOST_RECIPIENTS: usize = 50;
/// Resend's bound on tags.
const MOST_TAGS: usize = 75;
/// Resend's bound on a tag's name and on its value, in characters.
const LONGEST_TAG: usize = 256;

/// Fields of Resend's that would change what is sent, and are not modelled here.
const NOT_HERE: [&str; 3] = ["scheduled_at", "template", "topic_id"];

/// Parses one mail; the problem is that of the first field that is wrong.
pub(super) fn mail(value: Value) -> Result<Mail, Problem> {
    let Value::Object(object) = value else {
        return Err(Problem::invalid("A mail is an object."));
    };
    let mut fields = Fields(object);
    if let Some(known) = NOT_HERE.into_iter().find(|name| fields.take(name).is_some()) {
        return Err(Problem::not_here(&format!("`{known}`")));
    }
    let mail = Mail {
        from: sender(&mut fields)?,
        to: recipients(&mut fields)?,
        cc: fields.mailboxes("cc")?,
        bcc: fields.mailboxes("bcc")?,
        reply_to: fields.mailboxes("reply_to")?,
        subject: subject(&mut fields)?,
        html: fields.text("html")?,
        text: fields.text("text")?,
        headers: headers(&mut fields)?,
        tags: tags(&mut fields)?,
        attachments: attachments(&mut fields)?,
    };
    if mail.html.is_none() && mail.text.is_none() {
        return Err(Problem::missing("`html` or `text`"));
    }
    // Resend ignores what it does not know, and so a misspelt `reply_to` would be lost without a word.
    match fields.0.keys().next() {
        Some(unknown) => Err(Problem::invalid(format!("Unknown field `{unknown}`."))),
        None => Ok(mail),
    }
}

/// What is left of a mail's fields.
struct Fields(Map<String, Value>);

impl Fields {
    /// A field; null is as good as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// A text that is not empty.
    fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(_) => Err(Problem::invalid(format!("The `{name}` field must be a string."))),
        }
    }

    /// One mailbox or an array of them.
    fn mailboxes(&mut self, name: &str) -> Result<Vec<Mailbox>, Problem> {
        let values = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(value) => vec![value],
        };
        let parse = |value: Value| value.as_str().and_then(Mailbox::parse).ok_or_else(|| not_a_mailbox(name));
        values.into_iter().map(parse).collect()
    }

    /// An array, empty when absent.
    fn array(&mut self, name: &str) -> Result<Vec<Value>, Problem> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(Problem::invalid(format!("The `{name}` field must be an array."))),
        }
    }
}

fn not_a_mailbox(field: &str) -> Problem {
    Problem::invalid(format!(
        "Invalid `{field}` field. The email address needs to follow the `email@example.com` or \
         `Name <email@example.com>` format."
    ))
}

fn sender(fields: &mut Fields) -> Result<Mailbox, Problem> {
    let written = fields.text("from")?.ok_or_else(|| Problem::missing("`from`"))?;
    Mailbox::parse(&written).ok_or_else(|| not_a_mailbox("from"))
}

fn recipients(fields: &mut Fields) -> Result<Vec<Mailbox>, Problem> {
    let to = fields.mailboxes("to")?;
    match to.len() {
        0 => Err(Problem::missing("`to`")),
        1..=MOST_RECIPIENTS => Ok(to),
        many => Err(Problem::invalid(format!("The `to` field holds at most {MOST_RECIPIENTS}, not {many}."))),
    }
}

fn subject(fields: &mut Fields) -> Result<String, Problem> {
    let subject = fields.text("subject")?.ok_or_else(|| Problem::missing("`subject`"))?;
    if subject.contains(['\n', '\r']) {
        // A line break would let a subject write headers of its own.
        return Err(Problem::invalid("The `\\n` is not allowed in the `subject` field."));
    }
    Ok(subject)
}

fn headers(fields: &mut Fields) -> Result<BTreeMap<String, String>, Problem> {
    let object = match fields.take("headers") {
        None => return Ok(BTreeMap::new()),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(Problem::invalid("The `headers` field must be an object.")),
    };
    let header = |(name, value): (String, Value)| match value {
        Value::String(value) if is_header(&name, &value) => Ok((name, value)),
        _ => Err(Problem::invalid(format!("Invalid header `{name}`."))),
    };
    object.into_iter().map(header).collect()
}

/// RFC 5322: a header's name is printable ASCII without a colon; its value stays on one line.
fn is_header(name: &str, value: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
        && !value.contains(['\n', '\r'])
}

fn tags(fields: &mut Fields) -> Result<Vec<(String, String)>, Problem> {
    let tags = fields.array("tags")?;
    if tags.len() > MOST_TAGS {
        return Err(Problem::invalid(format!("A mail has at most {MOST_TAGS} tags.")));
    }
    tags.iter().map(tag).collect()
}

fn tag(tag: &Value) -> Result<(String, String), Problem> {
    let part = |name: &'static str| match tag.get(name).and_then(Value::as_str) {
        None | Some("") => Err(Problem::missing(&format!("`{name}` of a tag"))),
        Some(part) if part.len() > LONGEST_TAG => {
            Err(Problem::invalid(format!("A tag's {name} has at most {LONGEST_TAG} characters.")))
        }
        Some(part) if part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) => {
            Ok(part.to_owned())
        }
        Some(_) => Err(Problem::invalid("Tags should only contain ASCII letters, numbers, underscores, or dashes.")),
    };
    Ok((part("name")?, part("value")?))
}

fn attachments(fields: &mut Fields) -> Result<Vec<String>, Problem> {
    // A file that is only pointed to is named by where it lies.
    let name = |file: &Value| {
        let part = |name| file.get(name).and_then(Value::as_str);
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let named = part("filename").map(str::to_owned);
        let full = match (part("content"), part("path")) {
            (Some(_), _) => named,
            (None, Some(path)) => named.or_else(|| Some(last(path))),
            (None, None) => None,
        };
        full.ok_or_else(|| {
            let message = "Attachment must have a `path`, or a `content` with its `filename`.";
            Problem::new(422, "invalid_attachment", message)
        })
    };
    fields.array("attachments")?.iter().map(name).collect()
}

#[cfg(test)]
mod tests;
