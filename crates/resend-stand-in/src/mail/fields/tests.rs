use super::*;
use serde_json::json;

fn with(field: &str, value: Value) -> Result<Mail, Problem> {
    let mut written = json!({"from": "Board <a@b.test>", "to": "c@d.test", "subject": "s", "text": "t"});
    written[field] = value;
    mail(written)
}

fn refusal(field: &str, value: Value) -> (String, String) {
    let problem = with(field, value).expect_err("a mail that is refused");
    assert_eq!(problem.status, 422);
    (problem.name.into_owned(), problem.message.into_owned())
}

#[test]
fn each_required_field_is_missed_by_its_name() {
    for field in ["from", "to", "subject"] {
        let wanted = ("missing_required_field".to_owned(), format!("Missing `{field}` field."));
        assert_eq!(refusal(field, Value::Null), wanted);
        assert_eq!(refusal(field, if field == "to" { json!([]) } else { json!("") }), wanted);
    }
}

#[test]
fn a_mail_needs_html_or_text() {
    assert_eq!(refusal("text", json!("")).1, "Missing `html` or `text` field.");
    let html = json!({"from": "a@b.test", "to": "c@d.test", "subject": "s", "html": "<p>t"});
    assert!(mail(html).is_ok());
}

#[test]
fn up_to_fifty_recipients_are_taken() {
    assert_eq!(with("to", json!(vec!["c@d.test"; 50])).map(|mail| mail.to.len()), Ok(50));
    assert_eq!(refusal("to", json!(vec!["c@d.test"; 51])).0, "validation_error");
}

#[test]
fn every_address_field_is_checked() {
    for field in ["from", "to", "cc", "bcc", "reply_to"] {
        let (name, message) = refusal(field, json!("nobody"));
        assert_eq!(name, "validation_error");
        assert!(message.starts_with(&format!("Invalid `{field}` field.")), "{message}");
    }
}

#[test]
fn a_subject_is_one_line() {
    assert_eq!(refusal("subject", json!("a\nBcc: x@y.test")).0, "validation_error");
}

#[test]
fn texts_are_strings() {
    assert_eq!(refusal("html", json!(7)).1, "The `html` field must be a string.");
}

#[test]
fn headers_are_one_line_each() {
    let good = json!({"List-Unsubscribe": "<https://b.test/u>"});
    assert_eq!(with("headers", good).map(|mail| mail.headers.len()), Ok(1));
    for bad in [json!({"X": "a\r\nB: c"}), json!({"X Y": "a"}), json!({"X:": "a"}), json!({"X": 1}), json!([])] {
        assert_eq!(refusal("headers", bad).0, "validation_error");
    }
}

#[test]
fn a_tag_is_made_of_letters_digits_underscores_and_dashes() {
    let good = json!([{"name": "outbox_id", "value": "a".repeat(256)}]);
    assert!(with("tags", good).is_ok());
    for bad in ["a b", "ä", "a.b", &"a".repeat(257)] {
        assert_eq!(refusal("tags", json!([{"name": "n", "value": bad}])).0, "validation_error", "{bad}");
    }
    assert_eq!(refusal("tags", json!([{"name": "n"}])).0, "missing_required_field");
}

#[test]
fn up_to_seventy_five_tags_are_taken() {
    let tag = json!({"name": "n", "value": "v"});
    assert!(with("tags", json!(vec![tag.clone(); 75])).is_ok());
    assert_eq!(refusal("tags", json!(vec![tag; 76])).1, "A mail has at most 75 tags.");
}

#[test]
fn an_attachment_has_a_name_and_something_in_it() {
    let good = json!([{"filename": "cv.pdf", "content": "AA=="}]);
    assert_eq!(with("attachments", good).map(|mail| mail.attachments), Ok(vec!["cv.pdf".to_owned()]));
    assert_eq!(refusal("attachments", json!([{"filename": "cv.pdf"}])).0, "invalid_attachment");
}

#[test]
fn a_misspelt_field_is_refused_and_named() {
    assert_eq!(refusal("replyTo", json!("a@b.test")).1, "Unknown field `replyTo`.");
}

#[test]
fn a_scheduled_mail_is_refused_rather_than_sent_at_once() {
    assert_eq!(refusal("scheduled_at", json!("in 1 hour")).0, "invalid_parameter");
}

#[test]
fn a_mail_is_an_object() {
    assert_eq!(mail(json!("hello")).map_err(|problem| problem.status), Err(422));
}
