//! Texts of refusals as they were recorded or published; where only a part is known, that part.

use serde_json::json;

use super::*;
use crate::machines::error::Doubt;

fn of(call: Call, status: u16, body: &str) -> Meaning {
    meaning(call, &Answer { status, request_id: None, retry_after: None, body: body.as_bytes().to_vec() })
}

fn error(status: u16, text: &str) -> Meaning {
    of(Call::Start, status, &json!({ "error": text }).to_string())
}

fn said(text: &str) -> Said {
    Said::new(text)
}

#[test]
fn a_held_lease_tells_by_whom_and_until_when() {
    let text = "machine ID 2879325b42d318 lease currently held by 9af60c27-ee17@tokens.fly.io, expires at 2026-05-14T10:41:08Z";
    let holder = Holder {
        owner: Some("9af60c27-ee17@tokens.fly.io".to_owned()),
        description: None,
        until: Some(time::macros::datetime!(2026-05-14 10:41:08 UTC)),
    };
    let lease = json!({"status": "error", "message": text, "code": "invalid"}).to_string();
    assert_eq!(of(Call::Lease, 409, &lease), Meaning::LeaseHeld(Box::new(holder.clone())));
    assert_eq!(error(409, text), Meaning::LeaseHeld(Box::new(holder.clone())));
    let Meaning::LeaseHeld(unknown_time) = error(409, "lease currently held by somebody, expires at soon") else {
        panic!("a lease")
    };
    assert_eq!((unknown_time.owner.as_deref(), unknown_time.until), (Some("somebody"), None));
    assert_eq!(holder.to_string(), "leased by 9af60c27-ee17@tokens.fly.io until 2026-05-14 10:41:08.0 +00:00:00");
}

#[test]
fn a_name_that_is_taken_tells_by_which_machine_with_or_without_quotes() {
    for name in ["agent-vm", "\"web-42-0\""] {
        let text =
            format!("already_exists: unique machine name violation, machine ID 148e09 already exists with name {name}");
        let taken = Meaning::NameTaken(Some("148e09".parse().expect("an id")));
        assert_eq!(of(Call::Create, 409, &json!({ "error": text }).to_string()), taken);
        assert_eq!(of(Call::Create, 422, &json!({ "error": text }).to_string()), taken);
    }
    assert_eq!(of(Call::Create, 409, r#"{"error":"no","status":"name_taken"}"#), Meaning::NameTaken(None));
}

#[test]
fn a_region_without_room_is_told_from_a_host_without_room() {
    let region = [
        (422, r#"{"error":"could not find a candidate host","status":"insufficient_capacity"}"#),
        (503, r#"{"error":"could not find a candidate host"}"#),
        (422, r#"{"error":"sorry","status":"insufficient_capacity"}"#),
        (409, r#"{"error":"aborted: no capacity"}"#),
    ];
    for (status, body) in region {
        assert!(matches!(of(Call::Create, status, body), Meaning::RegionFull(_)), "{body}");
    }
    let host = [
        (409, "aborted: could not reserve resource for machine: insufficient CPUs available to fulfill request"),
        (409, "aborted: insufficient memory available to fulfill request"),
        (409, "insufficient resources available to fulfill request"),
        (412, "failed_precondition: governor policy blocked start"),
        (412, "deploys to this host are temporarily disabled"),
    ];
    for (status, text) in host {
        assert!(matches!(error(status, text), Meaning::HostFull(_)), "{text}");
        let both = json!({"error": text, "status": "insufficient_capacity"}).to_string();
        assert!(matches!(of(Call::Start, status, &both), Meaning::HostFull(_)), "{text}");
    }
    let guest = "invalid_argument: guest: insufficient memory for 8 CPUs";
    assert_eq!(error(422, guest), Meaning::Invalid(said(guest)));
}

#[test]
fn every_other_conflict_is_one_and_every_other_412_is_a_wrong_state() {
    for text in ["aborted: machine update failed due to concurrent update", "current_version", ""] {
        assert_eq!(error(409, text), Meaning::Conflict(said(text)));
    }
    for text in [
        "failed_precondition: unable to start machine from current state: 'created'",
        "machine still active, refusing to start",
        "unable to destroy machine, not currently stopped, suspended or failed",
    ] {
        assert_eq!(error(412, text), Meaning::WrongState(said(text)));
    }
}

#[test]
fn an_image_that_the_registry_does_not_have_yet_is_told_from_a_bad_config() {
    let text = "failed to resolve image: MANIFEST_UNKNOWN: manifest unknown";
    assert_eq!(error(422, text), Meaning::ImageUnknown(said(text)));
    let text = "invalid_argument: unknown region";
    assert_eq!(error(400, text), Meaning::Invalid(said(text)));
    assert_eq!(error(422, text), Meaning::Invalid(said(text)));
}

#[test]
fn tokens_and_missing_things_are_told_by_the_status() {
    let text = "Authenticate: token validation error";
    assert_eq!(error(401, text), Meaning::Unauthorized(said(text)));
    assert_eq!(error(403, "x"), Meaning::Forbidden(said("x")));
    assert_eq!(error(404, "lease not found"), Meaning::NotFound(said("lease not found")));
}

#[test]
fn a_5xx_or_a_lost_host_leaves_a_write_unknown_and_a_read_unanswered() {
    for status in [408, 500, 502, 503, 504] {
        let doubt = Doubt::Failed(said("<html>Bad Gateway</html>"));
        assert_eq!(of(Call::Stop, status, "<html>Bad Gateway</html>"), Meaning::Unknown(doubt.clone()));
        assert_eq!(of(Call::Get, status, "<html>Bad\nGateway</html>"), Meaning::Unanswered(doubt));
    }
}

#[test]
fn a_status_that_this_api_does_not_have_cannot_be_read() {
    assert_eq!(of(Call::Stop, 302, ""), Meaning::Unreadable(Unreadable::whole(Why::Status(302))));
}

#[test]
fn flys_words_are_one_line_and_bounded() {
    let long = format!("a\r\nb\u{1b}[31m {}", "x".repeat(1_000));
    let Meaning::Invalid(said) = error(422, &long) else { panic!("refused") };
    let shown = said.to_string();
    assert!(shown.starts_with("a b [31m xxx") && shown.chars().count() == 300, "{shown}");
}
