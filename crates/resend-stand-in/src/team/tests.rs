use super::*;
use crate::idempotency::Endpoint;
use time::Duration;

const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const MAIL: &str = r#"{"from":"a@b.test","to":"c@d.test","subject":"s","text":"t"}"#;

fn request<'a>(key: Option<&'a str>, body: &'a str) -> Request<'a> {
    Request {
        endpoint: if body.starts_with('[') { Endpoint::Batch } else { Endpoint::Single },
        caller: Caller { user_agent: Some("test"), authorization: Some("Bearer re_test") },
        key,
        validation: None,
        body: body.as_bytes(),
    }
}

fn send(team: &mut Team, now: OffsetDateTime, key: Option<&str>, body: &str) -> Answer {
    match team.submit(now, &request(key, body)) {
        Submission::Answered(answer) => answer,
        Submission::UnderWay(ticket) => team.settle(now, ticket),
    }
}

fn begin(team: &mut Team, key: Option<&str>) -> Ticket {
    match team.submit(START, &request(key, MAIL)) {
        Submission::UnderWay(ticket) => ticket,
        Submission::Answered(answer) => panic!("answered at once: {answer:?}"),
    }
}

fn name(answer: &Answer) -> &str {
    answer.body["name"].as_str().unwrap_or_default()
}

fn team_that_fails(faults: Value) -> Team {
    let mut team = Team::new(Behaviour::default());
    let change = serde_json::from_value(json!({ "fail_next": faults })).expect("a good script");
    team.change(change).expect("a script that can be");
    team
}

#[test]
fn a_repeated_request_gets_the_same_answer_and_no_second_mail() {
    let mut team = Team::new(Behaviour::default());
    let first = send(&mut team, START, Some("k"), MAIL);
    let again = send(&mut team, START + Duration::hours(23), Some("k"), MAIL);
    assert_eq!(first, again);
    assert_eq!((first.status, team.deliveries.count(), team.requests), (200, 1, 2));
}

#[test]
fn after_a_day_a_key_is_new() {
    let mut team = Team::new(Behaviour::default());
    send(&mut team, START, Some("k"), MAIL);
    send(&mut team, START + Duration::hours(24), Some("k"), MAIL);
    assert_eq!(team.deliveries.count(), 2);
}

#[test]
fn requests_without_a_key_are_mails_of_their_own() {
    let mut team = Team::new(Behaviour::default());
    assert_ne!(send(&mut team, START, None, MAIL), send(&mut team, START, None, MAIL));
    assert_eq!(team.deliveries.count(), 2);
}

#[test]
fn a_key_with_another_body_is_a_conflict() {
    let mut team = Team::new(Behaviour::default());
    send(&mut team, START, Some("k"), MAIL);
    let answer = send(&mut team, START, Some("k"), &MAIL.replace("\"t\"", "\"u\""));
    assert_eq!((answer.status, name(&answer)), (409, "invalid_idempotent_request"));
}

#[test]
fn a_key_under_way_is_a_conflict_until_it_is_settled() {
    let mut team = Team::new(Behaviour::default());
    let ticket = begin(&mut team, Some("k"));
    let answer = send(&mut team, START, Some("k"), MAIL);
    assert_eq!((answer.status, name(&answer)), (409, "concurrent_idempotent_requests"));
    let first = team.settle(START, ticket);
    assert_eq!(send(&mut team, START, Some("k"), MAIL), first);
    assert_eq!(team.deliveries.count(), 1);
}

#[test]
fn one_key_covers_a_batch_whose_ids_come_in_order() {
    let mut team = Team::new(Behaviour::default());
    let body = format!("[{MAIL},{MAIL}]");
    let first = send(&mut team, START, Some("k"), &body);
    assert_eq!(send(&mut team, START, Some("k"), &body), first);
    let ids: Vec<Value> = team.deliveries.kept().map(|delivery| json!({ "id": delivery.id })).collect();
    assert_eq!(first.body, json!({ "data": ids }));
    assert_eq!(ids.len(), 2);
}

#[test]
fn a_batch_with_one_bad_mail_delivers_nothing_and_may_be_repeated() {
    let mut team = Team::new(Behaviour::default());
    assert_eq!(send(&mut team, START, Some("k"), &format!("[{MAIL},{{}}]")).status, 422);
    assert_eq!(team.deliveries.count(), 0);
    assert_eq!(send(&mut team, START, Some("k"), &format!("[{MAIL}]")).status, 200);
}

#[test]
fn a_permissive_batch_is_refused_rather_than_misread() {
    let mut team = Team::new(Behaviour::default());
    let body = format!("[{MAIL}]");
    for (validation, status) in [("permissive", 422), ("strict", 200), ("lax", 422)] {
        let asked = Request { validation: Some(validation), ..request(None, &body) };
        let answered = match team.submit(START, &asked) {
            Submission::Answered(answer) => answer.status,
            Submission::UnderWay(ticket) => team.settle(START, ticket).status,
        };
        assert_eq!(answered, status, "{validation}");
    }
}

#[test]
fn a_key_has_1_to_256_characters() {
    let mut team = Team::new(Behaviour::default());
    assert_eq!(send(&mut team, START, Some(&"k".repeat(256)), MAIL).status, 200);
    for bad in ["", &"k".repeat(257)] {
        let answer = send(&mut team, START, Some(bad), MAIL);
        assert_eq!((answer.status, name(&answer)), (400, "invalid_idempotency_key"));
    }
}

#[test]
fn a_scripted_fault_meets_one_request_and_leaves_its_key_free() {
    let mut team = team_that_fails(json!([{"status": 429, "name": "daily_quota_exceeded", "retry_after_s": 60}]));
    let answer = send(&mut team, START, Some("k"), MAIL);
    assert_eq!((answer.status, name(&answer), answer.retry_after), (429, "daily_quota_exceeded", Some(60)));
    assert_eq!(team.deliveries.count(), 0);
    assert_eq!(send(&mut team, START, Some("k"), MAIL).status, 200);
}

#[test]
fn an_answer_lost_after_acceptance_is_replayed_without_a_second_mail() {
    let mut team = team_that_fails(json!([{"after_acceptance": true}]));
    let lost = send(&mut team, START, Some("k"), MAIL);
    assert_eq!((lost.status, name(&lost), team.deliveries.count()), (500, "application_error", 1));
    let replayed = send(&mut team, START, Some("k"), MAIL);
    let id = team.deliveries.kept().next().map(|delivery| delivery.id);
    assert_eq!((replayed.status, &replayed.body["id"]), (200, &json!(id)));
    assert_eq!(team.deliveries.count(), 1);
}

#[test]
fn a_replay_can_be_lost_as_well() {
    let mut team = team_that_fails(json!([{"after_acceptance": true}, {"drop_connection": true}]));
    send(&mut team, START, Some("k"), MAIL);
    assert!(send(&mut team, START, Some("k"), MAIL).cut);
    assert_eq!(send(&mut team, START, Some("k"), MAIL).status, 200);
    assert_eq!(team.deliveries.count(), 1);
}

#[test]
fn a_malformed_answer_is_good_and_names_no_mail() {
    let mut team = team_that_fails(json!([{"malformed": true, "after_acceptance": true}]));
    let answer = send(&mut team, START, Some("k"), MAIL);
    assert_eq!((answer.status, answer.body["id"].is_null(), team.deliveries.count()), (200, true, 1));
}

#[test]
fn a_refused_request_does_not_use_a_fault_up() {
    let mut team = team_that_fails(json!([{"status": 503, "name": "service_unavailable"}]));
    assert_eq!(send(&mut team, START, None, "{}").status, 422);
    assert_eq!(send(&mut team, START, None, MAIL).status, 503);
}

#[test]
fn half_of_the_faults_by_chance_come_after_acceptance() {
    let fail_rate = "0.5".parse().expect("a good share");
    let mut team = Team::new(Behaviour { fail_rate, seed: 3, ..Behaviour::default() });
    let failed = (0..1_000).filter(|_| send(&mut team, START, None, MAIL).status == 500).count();
    let lost = team.deliveries.count() as usize + failed - 1_000;
    assert!((430..570).contains(&failed), "{failed} of 1,000 failed");
    assert!((200..300).contains(&lost), "{lost} of {failed} were accepted all the same");
}

#[test]
fn past_the_rate_limit_requests_are_refused_and_told_when_to_return() {
    let mut team = Team::new(Behaviour { rate_limit: Some(1), ..Behaviour::default() });
    assert_eq!(send(&mut team, START, None, MAIL).rate.map(|rate| rate.remaining), Some(0));
    let refused = send(&mut team, START, None, MAIL);
    assert_eq!((refused.status, name(&refused), refused.retry_after), (429, "rate_limit_exceeded", Some(1)));
    assert_eq!(send(&mut team, START + Duration::SECOND, None, MAIL).status, 200);
    assert_eq!((team.deliveries.count(), team.requests), (2, 3));
}

#[test]
fn clearing_the_inbox_does_not_forget_the_keys() {
    let mut team = Team::new(Behaviour::default());
    let first = send(&mut team, START, Some("k"), MAIL);
    team.clear();
    assert_eq!(send(&mut team, START, Some("k"), MAIL), first);
    assert_eq!((team.deliveries.count(), team.requests), (0, 1));
}

#[test]
fn a_refused_caller_uses_nothing_of_the_rate_up() {
    let mut team = Team::new(Behaviour { rate_limit: Some(1), ..Behaviour::default() });
    let stranger = Caller { user_agent: Some("test"), authorization: None };
    let asked = Request { caller: stranger, ..request(None, MAIL) };
    assert!(matches!(team.submit(START, &asked), Submission::Answered(answer) if answer.status == 401));
    assert_eq!(send(&mut team, START, None, MAIL).status, 200);
}

#[test]
fn the_same_seed_fails_the_same_requests() {
    let run = || {
        let fail_rate = "0.3".parse().expect("a good share");
        let mut team = Team::new(Behaviour { fail_rate, seed: 11, ..Behaviour::default() });
        let statuses = (0..100).map(|_| send(&mut team, START, None, MAIL).status);
        statuses.collect::<Vec<u16>>()
    };
    assert_eq!(run(), run());
}
