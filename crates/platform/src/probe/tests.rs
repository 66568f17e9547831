use super::*;

fn verdict_after(answers: &[bool]) -> CheckState {
    answers.iter().fold(CheckState::new("postgres"), |verdict, good| {
        verdict.after(if *good { Ok(()) } else { Err("away".to_owned()) }, Instant::now())
    })
}

fn good(verdict: &CheckState) -> bool {
    verdict.good(Instant::now())
}

#[test]
fn nothing_known_is_not_good() {
    assert!(!good(&CheckState::new("postgres")));
}

#[test]
fn one_bad_round_after_good_ones_is_forgiven_and_two_are_not() {
    assert!(good(&verdict_after(&[true, false])));
    assert!(!good(&verdict_after(&[true, false, false])));
}

#[test]
fn one_good_round_readies() {
    assert!(good(&verdict_after(&[true, false, false, false, true])));
}

#[test]
fn a_bad_first_round_is_not_forgiven() {
    assert!(!good(&verdict_after(&[false])));
}

/// Guards: stale checks.
#[test]
fn a_verdict_older_than_five_seconds_says_nothing() {
    let verdict = verdict_after(&[true]);
    let at = verdict.at.expect("asked");
    assert!(verdict.good(at + STALE));
    assert!(!verdict.good(at + STALE + Duration::from_millis(1)));
}

#[test]
fn a_process_is_routable_after_its_first_round_whatever_the_verdict() {
    let readiness = Readiness::unknown(["postgres"]);
    assert!(readiness.unroutable_because(false).is_some());
    readiness.note(vec![Err("away".to_owned())]);
    assert_eq!(readiness.unroutable_because(false), None);
    assert!(!readiness.report(false).ready);
}

#[test]
fn a_draining_process_is_neither_ready_nor_routable() {
    let readiness = Readiness::unknown(["postgres"]);
    readiness.note(vec![Ok(())]);
    assert!(readiness.report(false).ready);
    assert!(!readiness.report(true).ready);
    assert_eq!(readiness.unroutable_because(true), Some("draining"));
}

/// Guards: breaker readiness.
#[test]
fn a_required_breaker_that_opens_unreadies_at_once_and_routes_on() {
    let readiness = Readiness::unknown(["postgres"]);
    let settings = breaker::BreakerSettings::default();
    let breaker = Breaker::new("postgres", settings, &Metrics::default());
    readiness.require("postgres breaker", breaker.clone());
    readiness.note(vec![Ok(())]);
    assert!(readiness.report(false).ready);
    for _ in 0..10 {
        breaker.permit().expect("it is closed").settle(breaker::Verdict::Bad);
    }
    let report = readiness.report(false);
    let told = report.checks.last().expect("it is a check");
    assert!(!report.ready);
    assert_eq!((told.name, told.good, told.error.as_deref()), ("postgres breaker", false, Some("it is open")));
    assert_eq!(readiness.unroutable_because(false), None);
}

struct Hanging;

impl Check for Hanging {
    fn name(&self) -> &'static str {
        "hanging"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_without_an_answer_is_cut_and_bad() {
    assert_eq!(ask(&mut Hanging).await, Err("no answer within 2 s".to_owned()));
}
