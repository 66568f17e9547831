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

/// What a company says of a new job.
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
        let closes_at = body.optional("closes_at", time);
        judge(body, closes_at.flatten(), now);
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
}

/// What a company changes of a job: what is absent stays as it is, also where it was written under an older rule.
pub(crate) struct Changes {
    pub(crate) title: Option<Line<3, 140>>,
    pub(crate) description: Option<Prose<1, 20_000>>,
    pub(crate) place: Patch<Line<1, 120>>,
    pub(crate) remote: Option<Remote>,
    pub(crate) kind: Option<JobKind>,
    /// The pay after the change.
    pub(crate) pay: Option<Pay>,
    pub(crate) closes_at: Patch<OffsetDateTime>,
}

impl Changes {
    /// Reads the changes of a job with this pay.
    pub(crate) fn read(body: &mut Fields, pay: Option<Pay>, now: OffsetDateTime) -> Option<Self> {
        let title = body.change("title", Line::from_json);
        let description = body.change("description", Prose::from_json);
        let place = body.patch("place", Line::from_json);
        let remote = body.change("remote", choice(REMOTES));
        let kind = body.change("kind", choice(KINDS));
        let pay = PayChange::read(body).and_then(|change| change.applied(pay, body));
        let closes_at = body.patch("closes_at", time);
        judge(body, closes_at.as_ref().and_then(|at| at.clone().split().1), now);
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
}

fn time(value: &Value) -> Result<OffsetDateTime, String> {
    let at = value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    at.ok_or_else(|| "is not a time: wanted one as RFC 3339 has it, such as 2030-01-31T12:00:00Z".to_owned())
}

/// Whether a job may close then, which was so yesterday for what is over today.
fn judge(body: &mut Fields, closes_at: Option<OffsetDateTime>, now: OffsetDateTime) {
    if closes_at.is_some_and(|at| at <= now || at > now + LONGEST_OPEN) {
        body.refuse_by_clock("closes_at", "is in the past, or more than 180 days from now");
    }
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
        let mut body = fields(json!({ "title": "Joiner", "place": null }));
        let changes = Changes::read(&mut body, None, NOW).expect("good");
        assert_eq!(changes.title.as_ref().map(Line::as_str), Some("Joiner"));
        assert_eq!((changes.place, changes.closes_at), (Patch::Clear, Patch::Keep));
        assert_eq!((changes.description, changes.remote), (None, None));
    }

    #[test]
    fn what_a_job_must_have_cannot_be_cleared() {
        for field in ["title", "description", "remote", "kind"] {
            let mut body = fields(json!({ field: null }));
            let changes = Changes::read(&mut body, None, NOW);
            assert!(body.finish(changes).is_err(), "{field} was cleared");
        }
    }

    #[test]
    fn a_time_that_is_over_is_refused_by_the_clock_alone() {
        for (at, good) in
            [("2030-01-01T00:00:00Z", false), ("2030-01-01T00:00:01Z", true), ("2030-06-30T00:00:01Z", false)]
        {
            let mut body = fields(whole());
            let mut closing = fields(json!({ "closes_at": at }));
            let (details, changes) = (Details::read(&mut body, NOW), Changes::read(&mut closing, None, NOW));
            assert!(body.finish_before_clock(details).is_ok_and(|(_, by_clock)| by_clock.is_ok()));
            let (_, by_clock) = closing.finish_before_clock(changes).expect("good but for the clock");
            assert_eq!(by_clock.is_ok(), good, "{at}");
        }
    }
}
