//! `POST /v1/jobs/{id}/applications`: what is written, and once.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::Answer;
use uuid::Uuid;

use super::board::Board;

#[tokio::test]
async fn an_application_is_written_with_its_history_and_a_mail_to_each_side() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let applied = ada.apply(&employer.job, "Dear Mr Babbage").await.expect(201);
    assert_eq!((&applied["status"], &applied["job_id"]), (&json!("received"), &json!(employer.job)));
    let id = applied["id"].as_str().expect("an id");
    let kept = board.text(&format!("SELECT letter || '|' || status FROM applications WHERE id = '{id}'")).await;
    assert_eq!(kept, "Dear Mr Babbage|received");
    let event = format!("SELECT status || '|' || person_id FROM application_events WHERE application_id = '{id}'");
    assert_eq!(board.text(&event).await, format!("received|{}", ada.person.id));
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
}

#[tokio::test]
async fn the_mails_hold_ids_alone_a_reason_and_the_trace_of_the_request() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let colleague = board.someone().await;
    board.run(&format!("INSERT INTO company_members VALUES ('{}', '{}')", employer.company, colleague.person.id)).await;
    let trace = Uuid::new_v4().simple().to_string();
    let request = ada.applications.request(Method::POST, &format!("/v1/jobs/{}/applications", employer.job));
    let request = request.json(&json!({ "letter": "Dear all" }));
    let answer = Answer::to(request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))).await;
    let applied = answer.expect(201);
    let id = applied["id"].as_str().expect("an id");
    let sql = "SELECT kind, reason, payload, priority, traceparent,
                      send_before BETWEEN now() + interval '23 hours' AND now() + interval '24 hours'
               FROM outbox WHERE payload->>'application_id' = $1 ORDER BY kind, reason";
    let mails = board.rows.query(sql, &[&id]).await.expect("mails");
    let mut members = [&employer.member.person.id, &colleague.person.id];
    members.sort();
    let mut wanted =
        vec![("application_received", format!("application:{id}:received"), json!({ "application_id": id }))];
    wanted.extend(members.map(|member| {
        let payload = json!({ "application_id": id, "recipient_id": member });
        ("new_application", format!("application:{id}:new:{member}"), payload)
    }));
    let kept: Vec<(&str, String, Value)> = mails.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(kept, wanted);
    for mail in &mails {
        assert_eq!(mail.get::<_, i16>(3), 1);
        assert!(mail.get::<_, &str>(4).starts_with(&format!("00-{trace}-")) && mail.get::<_, bool>(5), "{mail:?}");
    }
}

#[tokio::test]
async fn whoever_applied_once_is_told_so_and_nothing_more_is_written() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let applied = ada.apply(&employer.job, "First").await.expect(201);
    let again = ada.apply(&employer.job, "Second").await.problem(409, "already-applied");
    assert_eq!(again["application_id"], applied["id"]);
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
    board.run(&format!("UPDATE jobs SET status = 'closed' WHERE id = '{}'", employer.job)).await;
    let closed = ada.apply(&employer.job, "Third").await.problem(409, "already-applied");
    assert_eq!(closed["application_id"], applied["id"], "the job being closed hides nothing from who applied");
}

#[tokio::test]
async fn of_twenty_applications_at_once_one_is_taken() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let letters: Vec<String> = (0..20).map(|number| format!("Letter {number}")).collect();
    let answers = join_all(letters.iter().map(|letter| ada.apply(&employer.job, letter))).await;
    let (taken, told): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((taken.len(), told.len()), (1, 19));
    let id = taken[0].json()["id"].clone();
    for answer in told {
        assert_eq!(answer.problem(409, "already-applied")["application_id"], id);
    }
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
}

#[tokio::test]
async fn twenty_people_at_once_all_apply() {
    let board = Board::new().await;
    let employer = board.employer().await;
    let mut people = Vec::new();
    for _ in 0..20 {
        people.push(board.someone().await);
    }
    for answer in join_all(people.iter().map(|person| person.apply(&employer.job, "Dear all"))).await {
        answer.expect(201);
    }
    let count = format!("SELECT count(*) FROM applications WHERE job_id = '{}'", employer.job);
    assert_eq!(board.number(&count).await, 20);
}

#[tokio::test]
async fn one_person_applies_for_many_jobs() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for _ in 0..3 {
        ada.apply(&board.employer().await.job, "Dear all").await.expect(201);
    }
    assert_eq!(board.written(&ada).await, [3, 3, 6]);
}

#[tokio::test]
async fn a_job_that_closes_later_takes_applications_until_then() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let job = &employer.job;
    board.run(&format!("UPDATE jobs SET closes_at = now() + interval '1 minute' WHERE id = '{job}'")).await;
    ada.apply(job, "In time").await.expect(201);
    board.run(&format!("UPDATE jobs SET closes_at = now() WHERE id = '{job}'")).await;
    board.someone().await.apply(job, "Late").await.problem(410, "job-over");
}
