use contracts::answers::{JobKind, Remote};
use platform::http::edge::{Fields, Line, Patch, Prose, choice};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Pay;
use super::pay::PayChange;

/// The longest time for which a job may be open.
const LONGEST_OPEN: time::Duration = time::Duration::days(180);

const REMOTES: &str = "no, hybrid or yes";
const KINDS: &str = "full_time, part_time, contract, internship or temporary";

/// What a company says of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) title: Line<3, 140>,
    pub(crate) description: Prose<1, 20_000>,
    pub(crate) place: Option<Line<1, 120>>,
    pub(crate) remote: Remote,
    pub(crate) kind: JobKind,
    pub(crate) pay: Option<Pay>,
    pub(crate) closes_at: Option<OffsetDateTime>,
}

impl Details {
    /// Reads a new job's.
    pub(crate) fn read(body: &mut Fields, now: OffsetDateTime) -> Option<Self> {
        let title = body.required("title", Line::from_json);
        let description = body.required("description", Prose::from_json);
        let place = body.optional("place", Line::from_json);
        let remote = body.required("remote", choice(REMOTES));
        let kind = body.required("kind", choice(KINDS));
        let pay = PayChange::read(body).and_then(|change| change.applied(None, body));
        let closes_at = body.optional("closes_at", |value| closing_time(value, now));
        Some(Self {
            title: title?,
            description: description?,
            place: place?,
            remote: remote?,
            kind: kind?,
            pay: pay?,
            closes_at: closes_at?,
        })
    }

    /// Reads changes: what is absent stays as it is.
    pub(crate) fn changed(self, body: &mut Fields, now: OffsetDateTime) -> Option<Self> {
        let title = body.change("title", Line::from_json);
        let description = body.change("description", Prose::from_json);
        let place = body.patch("place", Line::from_json);
        let remote = body.change("remote", choice(REMOTES));
        let kind = body.change("kind", choice(KINDS));
        let pay = PayChange::read(body).and_then(|change| change.applied(self.pay, body));
        let closes_at = body.patch("closes_at", |value| closing_time(value, now));
        Some(Self {
            title: title?.unwrap_or(self.title),
            description: description?.unwrap_or(self.description),
            place: or_kept(place?, self.place),
            remote: remote?.unwrap_or(self.remote),
            kind: kind?.unwrap_or(self.kind),
            pay: pay?,
            closes_at: or_kept(closes_at?, self.closes_at),
        })
    }
}

fn or_kept<T>(change: Patch<T>, kept: Option<T>) -> Option<T> {
    let (changes, value) = change.split();
    if changes { value } else { kept }
}

fn closing_time(value: &Value, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
    let at = value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let at = at.ok_or("is not a time: wanted one as RFC 3339 has it, such as 2030-01-31T12:00:00Z")?;
    if at <= now || at > now + LONGEST_OPEN {
        return Err("is in the past, or more than 180 days from now".to_owned());
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2030-01-01 0:00 UTC);

    fn fields(body: Value) -> Fields {
        Fields::of_body(body.as_object().cloned().expect("an object"))
    }

    fn whole() -> Value {
        json!({ "title": "Carpenter", "description": "Build stairs.", "remote": "no", "kind": "full_time" })
    }

    fn read(body: Value) -> Result<Details, String> {
        let mut body = fields(body);
        let details = Details::read(&mut body, NOW);
        body.finish(details).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn four_fields_are_enough() {
        let details = read(whole()).expect("enough");
        assert_eq!((details.pay, details.place, details.closes_at), (None, None, None));
    }

    #[test]
    fn each_field_is_refused_by_name_when_it_is_wrong() {
        for (field, wrong) in [
            ("title", json!("ab")),
            ("title", json!("a\nbc")),
            ("title", json!(7)),
            ("title", json!("x".repeat(141))),
            ("description", json!("")),
            ("description", json!("a\u{0}")),
            ("description", json!("x".repeat(20_001))),
            ("place", json!("x".repeat(121))),
            ("remote", json!("maybe")),
            ("remote", json!(true)),
            ("kind", json!("forever")),
            ("closes_at", json!("tomorrow")),
            ("closes_at", json!("2029-12-31T23:59:59Z")),
            ("closes_at", json!("2030-07-01T00:00:00Z")),
            ("salary", json!(1)),
        ] {
            let mut body = whole();
            body[field] = wrong;
            let told = read(body).expect_err(field);
            assert!(told.contains(&format!("Body(\"{field}\")")), "{told}");
        }
    }

    #[test]
    fn each_missing_field_is_named() {
        let told = read(json!({})).expect_err("nothing");
        for field in ["title", "description", "remote", "kind"] {
            assert!(told.contains(&format!("Body(\"{field}\")")), "{field} is not in {told}");
        }
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name_and_clears_what_it_nulls() {
        let mut before = whole();
        before["place"] = "Bern".into();
        before["closes_at"] = "2030-06-29T12:00:00+02:00".into();
        let before = read(before).expect("good");
        let mut body = fields(json!({ "title": "Joiner", "place": null }));
        let after = before.clone().changed(&mut body, NOW).expect("good");
        assert_eq!(after.title.as_str(), "Joiner");
        assert_eq!((after.place, after.closes_at), (None, before.closes_at));
    }

    #[test]
    fn what_a_job_must_have_cannot_be_cleared() {
        let details = read(whole()).expect("good");
        for field in ["title", "description", "remote", "kind"] {
            let mut body = fields(json!({ field: null }));
            let changed = details.clone().changed(&mut body, NOW);
            assert!(body.finish(changed).is_err(), "{field} was cleared");
        }
    }
}
