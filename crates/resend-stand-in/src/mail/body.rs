//! Request bodies: one mail, or a batch that stands or falls as a whole.

use serde_json::Value;

use super::{Mail, fields};
use crate::problem::Problem;

/// Resend takes at most this many mails in one request.
const LARGEST_BATCH: usize = 100;

/// The body of `POST /emails`.
pub(crate) fn single(body: &[u8]) -> Result<Vec<Mail>, Problem> {
    fields::mail(json(body)?).map(|mail| vec![mail])
}

/// The body of `POST /emails/batch`. One bad mail refuses them all.
pub(crate) fn batch(body: &[u8]) -> Result<Vec<Mail>, Problem> {
    let Value::Array(mails) = json(body)? else {
        return Err(Problem::invalid("A batch is an array of mails."));
    };
    let total = mails.len();
    if !(1..=LARGEST_BATCH).contains(&total) {
        return Err(Problem::invalid(format!("A batch holds 1 to {LARGEST_BATCH} mails, not {total}.")));
    }
    let parse = |(index, mail)| batched(mail).map_err(|problem| problem.of_mail(index, total));
    mails.into_iter().enumerate().map(parse).collect()
}

fn batched(mail: Value) -> Result<Mail, Problem> {
    if mail.get("attachments").is_some_and(|attachments| !attachments.is_null()) {
        return Err(Problem::new(422, "invalid_attachment", "Attachments are not supported in a batch."));
    }
    fields::mail(mail)
}

fn json(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::unreadable(format!("The body is not valid JSON: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mails(count: usize) -> Vec<Value> {
        vec![json!({"from": "a@b.test", "to": "c@d.test", "subject": "s", "text": "t"}); count]
    }

    fn refused(body: Value) -> Problem {
        batch(body.to_string().as_bytes()).expect_err("a batch that is refused")
    }

    #[test]
    fn malformed_json_is_not_a_matter_of_fields() {
        for parse in [single, batch] {
            let problem = parse(b"{\"from\": ").expect_err("half a body");
            assert_eq!((problem.status, problem.name.as_ref()), (400, "validation_error"));
        }
    }

    #[test]
    fn a_batch_holds_one_to_a_hundred_mails() {
        assert_eq!(batch(json!(mails(100)).to_string().as_bytes()).map(|mails| mails.len()), Ok(100));
        assert_eq!(refused(json!(mails(101))).status, 422);
        assert_eq!(refused(json!([])).status, 422);
        assert_eq!(refused(mails(1).remove(0)).message, "A batch is an array of mails.");
    }

    #[test]
    fn one_bad_mail_refuses_the_batch_and_is_named() {
        let mut bad = mails(3);
        bad[1]["to"] = json!("nobody");
        let problem = refused(json!(bad));
        assert_eq!(problem.name, "validation_error");
        assert!(problem.message.ends_with("(mail 2 of 3)"), "{}", problem.message);
    }

    #[test]
    fn a_batch_takes_no_attachments() {
        let mut bad = mails(1);
        bad[0]["attachments"] = json!([{"filename": "cv.pdf", "content": "AA=="}]);
        assert_eq!(refused(json!(bad)).name, "invalid_attachment");
    }
}
