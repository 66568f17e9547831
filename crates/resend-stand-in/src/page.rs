//! The inbox as HTML: plain, without script, and with everything that came from a mail escaped.

mod text;

use std::fmt::Write;

use crate::deliveries::Delivery;
use crate::mail::written;
use text::{Escaped, Linked};

/// What the page may load and run: nothing but its own style.
pub(crate) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:0 auto;padding:1rem}\
article{border-top:1px solid;padding:.5rem 0}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem}\
dd{margin:0;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere}";

/// The newest mails, and how many there are.
pub(crate) fn list(shown: &[&Delivery], total: usize, to: Option<&str>) -> String {
    let mut body = String::from("<h1>Inbox</h1>\n");
    let field = Escaped(to.unwrap_or_default());
    put(
        &mut body,
        format_args!(
            "<form method=\"get\" action=\"/\"><label for=\"to\">Only mails to</label> \
         <input type=\"email\" id=\"to\" name=\"to\" value=\"{field}\"> <button>Show</button></form>\n"
        ),
    );
    let count = match (total, shown.len()) {
        (0, _) => "No mail here.".to_owned(),
        (1, _) => "1 mail.".to_owned(),
        (all, some) if all > some => format!("The newest {some} of {all} mails."),
        (all, _) => format!("{all} mails, newest first."),
    };
    put(&mut body, format_args!("<p role=\"status\">{count}</p>\n"));
    for delivery in shown {
        let (id, subject) = (delivery.id, Escaped(&delivery.mail.subject));
        put(&mut body, format_args!("<article>\n<h2><a href=\"/inbox/{id}\">{subject}</a></h2>\n"));
        letter(&mut body, delivery, &[]);
        body.push_str("</article>\n");
    }
    document("Inbox", &body)
}

/// One mail with all that is known of it.
pub(crate) fn mail(delivery: &Delivery) -> String {
    let mail = &delivery.mail;
    let mut more: Vec<(&str, String)> = Vec::new();
    for (name, mailboxes) in [("Cc", &mail.cc), ("Bcc", &mail.bcc), ("Reply to", &mail.reply_to)] {
        more.push((name, written(mailboxes).join(", ")));
    }
    more.extend(mail.headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let tags: Vec<String> = mail.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    more.push(("Tags", tags.join(", ")));
    more.push(("Attachments", mail.attachments.join(", ")));
    more.push(("Idempotency key", delivery.idempotency_key.clone().unwrap_or_default()));
    more.retain(|(_, value)| !value.is_empty());

    let mut body = format!("<p><a href=\"/\">Inbox</a></p>\n<h1>{}</h1>\n", Escaped(&mail.subject));
    letter(&mut body, delivery, &more);
    document(&mail.subject, &body)
}

/// A page that says one thing.
pub(crate) fn notice(title: &str, message: &str) -> String {
    let (heading, message) = (Escaped(title), Escaped(message));
    let body = format!("<h1>{heading}</h1>\n<p>{message}</p>\n<p><a href=\"/\">Inbox</a></p>\n");
    document(title, &body)
}

fn letter(body: &mut String, delivery: &Delivery, more: &[(&str, String)]) {
    let mail = &delivery.mail;
    let (from, to, time) = (&mail.from.written, written(&mail.to).join(", "), delivery.time());
    put(
        body,
        format_args!(
            "<dl>\n<dt>From</dt><dd>{}</dd>\n<dt>To</dt><dd>{}</dd>\n\
         <dt>Time</dt><dd><time datetime=\"{time}\">{time}</time></dd>\n",
            Escaped(from),
            Escaped(&to)
        ),
    );
    for (name, value) in more {
        put(body, format_args!("<dt>{}</dt><dd>{}</dd>\n", Escaped(name), Linked(value)));
    }
    body.push_str("</dl>\n");
    if let Some(text) = &mail.text {
        put(body, format_args!("<pre>{}</pre>\n", Linked(text)));
    }
    if let Some(html) = &mail.html {
        // As source: shown as a page, a mail could do what only the inbox may.
        put(body, format_args!("<details><summary>HTML source</summary><pre>{}</pre></details>\n", Linked(html)));
    }
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        Escaped(title)
    )
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("writing to a String does not fail");
}
