//! Ten applications in an hour: exactly, over two processes, and only what was accepted counts.

use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use serde_json::json;
use testbed::http::Answer;

use super::board::{Board, NOWHERE, Someone};

const POLICY: &str = "\"apply\";q=10;w=3600";

/// Uses up the quota; the jobs.
async fn fill(board: &Board<'_>, who: &Someone) -> Vec<String> {
    let jobs = board.jobs(10).await;
    for job in &jobs {
        who.apply(job, "Dear all").await.expect(201);
    }
    jobs
}

/// Makes the applications of somebody this much older, and Redis forget them.
async fn age(board: &Board<'_>, who: &Someone, by: &str) {
    let id = &who.person.id;
    let older = format!("UPDATE applications SET created_at = created_at - interval '{by}' WHERE person_id = '{id}'");
    board.run(&older).await;
    super::quota_redis::command(&board.running.whole.servers.redis_url(), &["DEL", &format!("quota:apply:{id}")]).await;
}

/// The fields that tell how much is left: `r` and `t`.
fn standing(answer: &Answer) -> (u64, u64) {
    assert_eq!(answer.header("ratelimit-policy"), POLICY, "{answer:?}");
    let text = answer.header("ratelimit").strip_prefix("\"apply\";r=").unwrap_or_else(|| panic!("{answer:?}"));
    let (left, reset) = text.split_once(";t=").expect("both");
    (left.parse().expect("a number"), reset.parse().expect("a number"))
}

fn refused(answer: &Answer) -> u64 {
    answer.problem(429, "quota-exceeded");
    let after: u64 = answer.header("retry-after").parse().expect("whole seconds");
    assert_eq!(standing(answer), (0, after));
    after
}

#[tokio::test]
async fn ten_are_taken_and_told_how_many_are_left_and_the_eleventh_when_there_is_a_place() {
    let board = Board::new().await;
    let (ada, jobs) = (board.someone().await, board.jobs(11).await);
    for (made, job) in jobs[..10].iter().enumerate() {
        let answer = ada.apply(job, "Dear all").await;
        answer.expect(201);
        let (left, reset) = standing(&answer);
        assert_eq!(left, 9 - made as u64);
        assert!((3_500..=3_600).contains(&reset), "{reset}");
    }
    let after = refused(&ada.apply(&jobs[10], "Dear all").await);
    assert!((3_500..=3_600).contains(&after), "{after}");
    assert_eq!(board.written(&ada).await, [10, 10, 20]);
}

#[tokio::test]
async fn replays_and_refusals_are_told_what_is_left_as_well() {
    let board = Board::new().await;
    let (ada, jobs) = (board.someone().await, board.jobs(2).await);
    let nowhere = uuid::Uuid::new_v4().to_string();
    for (answer, status) in [
        (ada.apply_under("first", &jobs[0], "Dear all").await, 201),
        (ada.apply_under("first", &jobs[0], "Dear all").await, 201),
        (ada.apply_under("first", &jobs[1], "Dear all").await, 422),
        (ada.apply_under("second", &jobs[0], "Dear all").await, 409),
        (ada.apply(&jobs[0], "Dear all").await, 409),
        (ada.apply(&nowhere, "Dear all").await, 404),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        let (left, reset) = standing(&answer);
        assert_eq!(left, 9, "{answer:?}");
        assert!((3_500..=3_600).contains(&reset), "{answer:?}");
    }
}

/// Guards: quota lock.
#[tokio::test]
async fn of_two_tenth_applications_at_once_one_is_taken() {
    let board = Board::new().await;
    let (ada, jobs) = (board.someone().await, board.jobs(11).await);
    for job in &jobs[..9] {
        ada.apply(job, "Dear all").await.expect(201);
    }
    // Whoever has counted and written is held up before the commit: both, if nothing else keeps them apart.
    let holder = board.running.whole.client().await.expect("a connection");
    let both = format!("BEGIN; SELECT 1 FROM jobs WHERE id IN ('{}', '{}') FOR UPDATE", jobs[9], jobs[10]);
    holder.batch_execute(&both).await.expect("the rows are there");
    let release = async {
        board.behind(&holder, 2).await;
        holder.batch_execute("COMMIT").await.expect("it is ours");
    };
    let (one, other, ()) = tokio::join!(ada.apply(&jobs[9], "Dear all"), ada.apply(&jobs[10], "Dear all"), release);
    let (taken, told) = if one.status == 201 { (one, other) } else { (other, one) };
    taken.expect(201);
    refused(&told);
    assert_eq!(board.written(&ada).await, [10, 10, 20]);
}

#[tokio::test]
async fn of_a_hundred_over_two_processes_exactly_ten_are_taken() {
    let board = Board::new().await;
    let (_second, url) = board.running.another().await;
    let ada = board.someone().await;
    let (other, jobs) = (ada.at(&url), board.jobs(100).await);
    let sent = jobs.iter().enumerate().map(|(number, job)| {
        let client = if number % 2 == 0 { &ada.applications } else { &other };
        async move { client.post(&format!("/v1/jobs/{job}/applications"), &json!({ "letter": "Dear all" })).await }
    });
    // As many at a time as both pools have connections: on a busy machine others would be told to come back.
    let answers: Vec<Answer> = stream::iter(sent).buffer_unordered(16).collect().await;
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        refused(answer);
    }
    assert_eq!((taken, board.written(&ada).await), (10, [10, 10, 20]));
}

#[tokio::test]
async fn attempts_that_are_refused_or_repeated_are_free() {
    let board = Board::new().await;
    let (ada, jobs) = (board.someone().await, board.jobs(10).await);
    let first = ada.apply_under("first", &jobs[0], "Dear all").await;
    first.expect(201);
    for _ in 0..5 {
        ada.apply(&jobs[0], "Again").await.problem(409, "already-applied");
        ada.apply(NOWHERE, "Dear all").await.problem(404, "not-found");
        assert_eq!(ada.apply(&jobs[1], "").await.wrong(), ["#/letter"]);
        ada.applications.send(Method::POST, &format!("/v1/jobs/{}/applications", jobs[1]), "{").await.expect(400);
        ada.apply_under("first", &jobs[0], "Dear all").await.expect(201);
        ada.apply_under("first", &jobs[1], "Dear all").await.problem(422, "idempotency-key-reused");
    }
    let answer = ada.apply(&jobs[1], "Dear all").await;
    answer.expect(201);
    assert_eq!(standing(&answer).0, 8);
}

#[tokio::test]
async fn whoever_has_no_name_or_is_somebody_else_uses_up_nobodys() {
    let board = Board::new().await;
    let (eve, ada) = (board.called(None).await, board.someone().await);
    let jobs = fill(&board, &ada).await;
    for job in &jobs {
        eve.apply(job, "Dear all").await.problem(422, "name-missing");
    }
    board.run(&format!("UPDATE people SET name = 'Eve' WHERE id = '{}'", eve.person.id)).await;
    assert_eq!(standing(&eve.apply(&jobs[0], "Dear all").await).0, 9);
}

#[tokio::test]
async fn the_hour_slides() {
    let board = Board::new().await;
    let ada = board.someone().await;
    fill(&board, &ada).await;
    age(&board, &ada, "30 minutes").await;
    let more = board.jobs(2).await;
    let after = refused(&ada.apply(&more[0], "Dear all").await);
    assert!((1_700..=1_800).contains(&after), "{after}");
    // The oldest is over an hour old now, by a moment.
    let oldest = format!("(SELECT min(created_at) FROM applications WHERE person_id = '{}')", ada.person.id);
    board
        .run(&format!("UPDATE applications SET created_at = now() - interval '1 hour' WHERE created_at = {oldest}"))
        .await;
    age(&board, &ada, "0").await;
    ada.apply(&more[0], "Dear all").await.expect(201);
    refused(&ada.apply(&more[1], "Dear all").await);
}

#[tokio::test]
async fn withdrawn_ones_count() {
    let board = Board::new().await;
    let ada = board.someone().await;
    fill(&board, &ada).await;
    board.run(&format!("UPDATE applications SET status = 'withdrawn' WHERE person_id = '{}'", ada.person.id)).await;
    refused(&ada.apply(&board.employer().await.job, "Dear all").await);
}
