use std::time::Duration;

use super::{Doubt, Reply};
use crate::protocol::refusal::Refusal;

fn ids(answer: &Reply) -> Vec<&str> {
    match answer {
        Reply::Accepted { ids } => ids.iter().map(super::ProviderId::as_str).collect(),
        other => panic!("not accepted: {other:?}"),
    }
}

#[test]
fn the_ids_of_a_batch_keep_the_order_of_the_request() {
    let answer = Reply::read(200, None, br#"{"data":[{"id":"a"},{"id":"b"}]}"#, 2);
    assert_eq!(ids(&answer), ["a", "b"]);
}

#[test]
fn a_single_mail_has_its_id_at_the_top() {
    assert_eq!(ids(&Reply::read(200, None, br#"{"id":"a"}"#, 1)), ["a"]);
}

#[test]
fn too_few_ids_are_no_answer() {
    let answer = Reply::read(200, None, br#"{"data":[{"id":"a"}]}"#, 2);
    assert_eq!(answer, Reply::none(Doubt::Malformed(200)));
}

#[test]
fn an_empty_200_is_no_answer() {
    assert_eq!(Reply::read(200, None, b"", 1), Reply::none(Doubt::Malformed(200)));
}

#[test]
fn a_redirect_is_no_answer() {
    assert_eq!(Reply::read(302, None, b"", 1), Reply::none(Doubt::Malformed(302)));
}

#[test]
fn a_5xx_and_a_proxys_408_may_have_been_accepted() {
    for status in [408, 500, 502, 503] {
        assert_eq!(Reply::read(status, None, b"{}", 1), Reply::none(Doubt::Failed(status)));
    }
}

#[test]
fn a_refusal_keeps_its_name_and_not_its_message() {
    let body = br#"{"statusCode":422,"message":"Invalid `to` field: ada@example.com","name":"validation_error"}"#;
    let answer = Reply::read(422, None, body, 1);
    assert!(!format!("{answer:?}").contains("ada"), "{answer:?}");
    let Reply::Refused { refusal, name, .. } = answer else { panic!("not refused") };
    assert_eq!((refusal, name.as_str()), (Refusal::Content, "validation_error"));
}

#[test]
fn retry_after_is_read_in_seconds_and_bounded_by_a_day() {
    let wait = |header| match Reply::read(429, Some(header), b"{}", 1) {
        Reply::Refused { retry_after, .. } => retry_after,
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(wait("7"), Some(Duration::from_secs(7)));
    assert_eq!(wait("99999999999"), Some(Duration::from_hours(24)));
    assert_eq!(wait("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    assert_eq!(wait("-1"), None);
}
