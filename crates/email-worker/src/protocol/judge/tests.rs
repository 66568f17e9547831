use std::time::Duration;

use time::{OffsetDateTime, macros::datetime};

use super::{Attempt, Past, Scope, Settlement, judge};
use crate::protocol::{
    answer::{Doubt, Reply},
    backoff::Jitter,
};

const NOW: OffsetDateTime = datetime!(2026-03-01 18:00 UTC);
const FIRST: Attempt = Attempt { mails: 1, number: 1, past: Past::Clean };
const REPEATED: Attempt = Attempt { mails: 1, number: 3, past: Past::InDoubt };

fn hear(status: u16, name: &str, attempt: &Attempt) -> Settlement {
    let body = format!(r#"{{"statusCode":{status},"message":"","name":"{name}"}}"#);
    judge(Reply::read(status, None, body.as_bytes(), attempt.mails), attempt, NOW, Jitter::new(0.0))
}

fn cleared(verdict: &Settlement) -> bool {
    match verdict {
        Settlement::Later { clear, .. } => *clear,
        other => panic!("not for later: {other:?}"),
    }
}

fn wait(verdict: &Settlement) -> Duration {
    match verdict {
        Settlement::Later { wait, .. } => *wait,
        other => panic!("not for later: {other:?}"),
    }
}

#[test]
fn an_accepted_batch_is_sent() {
    let answer = Reply::read(200, None, br#"{"data":[{"id":"a"}]}"#, 1);
    assert!(matches!(judge(answer, &FIRST, NOW, Jitter::new(0.0)), Settlement::Sent(ids) if ids.len() == 1));
}

#[test]
fn the_content_of_a_single_mail_is_its_end_and_names_the_error() {
    let verdict = hear(422, "validation_error", &FIRST);
    assert!(matches!(&verdict, Settlement::Dead(name) if name.as_str() == "validation_error"), "{verdict:?}");
}

#[test]
fn the_content_of_one_mail_dissolves_the_batch() {
    let attempt = Attempt { mails: 100, ..FIRST };
    assert_eq!(hear(422, "missing_required_field", &attempt), Settlement::Dissolve);
}

#[test]
fn a_definite_refusal_clears_a_doubt_of_its_own() {
    for (status, name) in [(401, "missing_api_key"), (403, "validation_error"), (429, "rate_limit_exceeded")] {
        assert!(cleared(&hear(status, name, &FIRST)), "{name}");
    }
}

#[test]
fn a_definite_refusal_leaves_an_earlier_doubt() {
    for (status, name) in [(401, "missing_api_key"), (403, "validation_error"), (429, "daily_quota_exceeded")] {
        assert!(!cleared(&hear(status, name, &REPEATED)), "{name}");
    }
}

#[test]
fn another_post_under_way_clears_nothing() {
    assert!(!cleared(&hear(409, "concurrent_idempotent_requests", &FIRST)));
}

#[test]
fn an_unknown_outcome_is_repeated_and_stays_in_doubt() {
    for answer in [Reply::none(Doubt::TimedOut), Reply::none(Doubt::Disconnected), Reply::read(500, None, b"", 1)] {
        let verdict = judge(answer, &FIRST, NOW, Jitter::new(0.0));
        assert!(!cleared(&verdict), "{verdict:?}");
    }
}

#[test]
fn a_key_with_other_bytes_is_uncertain() {
    assert!(matches!(hear(409, "invalid_idempotent_request", &REPEATED), Settlement::Uncertain(_)));
}

#[test]
fn an_exhausted_day_waits_for_midnight_and_holds_everything() {
    let verdict = hear(429, "daily_quota_exceeded", &FIRST);
    assert_eq!(wait(&verdict), Duration::from_hours(6));
    assert!(matches!(verdict, Settlement::Later { scope: Scope::Everything(pause), .. } if pause == wait(&verdict)));
}

#[test]
fn an_unlucky_batch_holds_the_others_no_longer_than_resend_asked_for() {
    let unlucky = Attempt { number: 12, ..FIRST };
    let answer = Reply::read(429, Some("2"), br#"{"name":"rate_limit_exceeded"}"#, 1);
    let verdict = judge(answer, &unlucky, NOW, Jitter::new(0.0));
    assert!(wait(&verdict) > Duration::from_mins(2), "{verdict:?}");
    let two = Duration::from_secs(2);
    assert!(matches!(verdict, Settlement::Later { scope: Scope::Everything(pause), .. } if pause == two));
}

#[test]
fn an_exhausted_month_is_asked_about_each_hour() {
    assert_eq!(wait(&hear(429, "monthly_quota_exceeded", &FIRST)), Duration::from_hours(1));
}

#[test]
fn the_wait_is_at_least_what_resend_asked_for() {
    let answer = Reply::read(429, Some("42"), br#"{"name":"rate_limit_exceeded"}"#, 1);
    assert_eq!(wait(&judge(answer, &FIRST, NOW, Jitter::new(0.0))), Duration::from_secs(42));
}

#[test]
fn the_past_is_read_from_the_claim() {
    assert_eq!(Past::from(None), Past::Clean);
    assert_eq!(Past::from(Some(NOW)), Past::InDoubt);
}
