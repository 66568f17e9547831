use serde_json::json;

use super::*;

const BLUES: Blues = Blues { awake: 2, failing: 0, patience: Duration::from_secs(20) };

fn unwell(able: bool) -> Look {
    Look::Unwell { able, shows: "not well".to_owned() }
}

/// The judgement of each second, of a green that is looked at each second and shows this.
fn judged(looks: impl IntoIterator<Item = Look>, blues: impl Fn(u64) -> Blues) -> Vec<Judgement> {
    let (mut pulse, begin) = (Pulse::default(), Instant::now());
    let looks = (0..).zip(looks);
    let judged = looks.map(|(second, look)| {
        let now = begin + Duration::from_secs(second);
        pulse.note(now, look);
        judge(&mut pulse, &blues(second), now, &Times::real())
    });
    judged.collect()
}

fn first(judged: &[Judgement], wanted: Judgement) -> Option<usize> {
    judged.iter().position(|judgement| *judgement == wanted)
}

#[test]
fn one_bad_look_is_nothing_and_a_good_one_ends_it() {
    let looks = [unwell(true), Look::Well, unwell(true), unwell(true), Look::Well];
    use Judgement::{Open, Well};
    assert_eq!(judged(looks, |_| BLUES), [Well, Well, Well, Open, Well]);
}

#[test]
fn a_green_that_says_that_all_it_needs_is_there_is_at_fault_within_seven_seconds() {
    let judged = judged(vec![unwell(true); 30], |_| BLUES);
    assert_eq!(first(&judged, Judgement::Greens), Some(6));
}

#[test]
fn one_that_misses_something_is_at_fault_once_the_blues_checks_have_all_run_and_pass() {
    let judged = judged(vec![unwell(false); 30], |_| BLUES);
    assert_eq!(first(&judged, Judgement::Greens), Some(21));
    assert!(judged[1..21].iter().all(|judgement| *judgement == Judgement::Open));
}

#[test]
fn a_critical_request_that_fails_before_the_prober_knows_of_the_dependency_is_no_fault_of_its_own() {
    let looks = [unwell(true), unwell(true), unwell(false)].into_iter().chain(vec![unwell(true); 15]);
    let judged = judged(looks, |_| BLUES);
    assert_eq!(first(&judged, Judgement::Greens), None);
}

#[test]
fn it_is_both_as_soon_as_all_blues_that_are_awake_fail_and_not_before() {
    let failing = |second: u64| Blues { failing: usize::from(second >= 5) + usize::from(second >= 8), ..BLUES };
    let judged = judged(vec![unwell(false); 12], failing);
    assert_eq!(first(&judged, Judgement::Both), Some(8));
}

#[test]
fn when_the_dependency_is_back_the_green_has_as_long_as_the_blues_to_show_it() {
    let failing = |second: u64| Blues { failing: if second < 10 { 2 } else { 0 }, ..BLUES };
    let judged = judged([vec![unwell(false); 10], vec![unwell(true); 40]].concat(), failing);
    assert_eq!(first(&judged, Judgement::Greens), Some(9 + 21));
}

#[test]
fn a_green_that_is_not_reached_twice_or_has_nobody_beside_it_is_at_fault_at_once() {
    let gone = || Look::Unreached("gone".to_owned());
    assert_eq!(judged([gone(), gone()], |_| BLUES), [Judgement::Well, Judgement::Greens]);
    let alone = judged([unwell(false), unwell(false)], |_| Blues::default());
    assert_eq!(alone, [Judgement::Well, Judgement::Greens]);
}

#[test]
fn a_gate_is_read_by_what_it_says_of_itself() {
    let reply = |status, body: serde_json::Value| Look::of(Ok(Reply { status, body: body.to_string() }));
    assert_eq!(reply(200, json!({})), Look::Well);
    let checks = json!([{"name": "postgres", "good": false}, {"name": "redis", "good": true}]);
    let shows = "its gate answers 503: postgres, it is not ready".to_owned();
    let body = json!({"ready": false, "checks": checks, "unsteady": ["it is not ready"]});
    assert_eq!(reply(503, body), Look::Unwell { able: false, shows });
    let body = json!({"ready": true, "checks": [], "unsteady": ["its critical request failed: status 500"]});
    assert!(matches!(reply(503, body), Look::Unwell { able: true, shows } if shows.contains("critical")));
    assert!(matches!(Look::of(Ok(Reply { status: 502, body: "<html>".to_owned() })), Look::Unreached(_)));
    assert!(
        matches!(Look::of(Err(Unreached("timed out".to_owned()))), Look::Unreached(why) if why.contains("timed out"))
    );
}
