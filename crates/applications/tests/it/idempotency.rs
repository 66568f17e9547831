//! `Idempotency-Key` on applications: whoever repeats gets the first answer, to the byte.

use contracts::answers::Applied;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use testbed::board::Board as Whole;
use testbed::http::Answer;
use testbed::port::free_port;
use testbed::wait;

use super::board::{Board, PATIENCE, Running};

/// Guards: idempotency key.
#[tokio::test]
async fn whoever_repeats_gets_the_first_answer_to_the_byte_and_nothing_is_written() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let first = ada.apply_under("\"a key\"", &employer.job, "Dear all").await;
    first.expect(201);
    let applied: Applied = serde_json::from_str(&first.text).expect("what the contract says");
    assert_eq!(applied.job_id.to_string(), employer.job);
    assert_eq!(first.header("idempotency-replayed"), "");
    for _ in 0..3 {
        let again = ada.apply_under("\"a key\"", &employer.job, "Dear all").await;
        assert_eq!((again.status, &again.text), (201, &first.text));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
}

#[tokio::test]
async fn the_answer_is_the_same_with_a_key_and_without() {
    let board = Board::new().await;
    let (ada, jobs) = (board.someone().await, board.jobs(2).await);
    let plain = ada.apply(&jobs[0], "Dear all").await;
    let keyed = ada.apply_under("k", &jobs[1], "Dear all").await;
    let names =
        |answer: &Answer| answer.expect(201).as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&plain), names(&keyed));
    let listed = ada.applications.get("/v1/applications").await.expect(200);
    for (place, answer) in [&keyed, &plain].into_iter().enumerate() {
        assert_eq!(listed["items"][place]["created_at"], answer.json()["created_at"], "one way to write a time");
    }
}

#[tokio::test]
async fn the_tenth_is_repeated_though_the_quota_is_full() {
    let board = Board::new().await;
    let (ada, jobs) = (board.someone().await, board.jobs(11).await);
    let mut answers = Vec::new();
    for (number, job) in jobs[..10].iter().enumerate() {
        answers.push(ada.apply_under(&number.to_string(), job, "Dear all").await);
    }
    ada.apply_under("10", &jobs[10], "Dear all").await.problem(429, "quota-exceeded");
    for (number, first) in answers.iter().enumerate() {
        let again = ada.apply_under(&number.to_string(), &jobs[number], "Dear all").await;
        assert_eq!((again.status, &again.text), (201, &first.text));
    }
}

#[tokio::test]
async fn a_key_of_another_request_is_refused() {
    let board = Board::new().await;
    let (ada, jobs) = (board.someone().await, board.jobs(2).await);
    ada.apply_under("k", &jobs[0], "Dear all").await.expect(201);
    ada.apply_under("k", &jobs[0], "Dear  all").await.problem(422, "idempotency-key-reused");
    ada.apply_under("k", &jobs[1], "Dear all").await.problem(422, "idempotency-key-reused");
    assert_eq!(board.written(&ada).await[0], 1);
}

#[tokio::test]
async fn the_same_key_of_somebody_else_is_another_key() {
    let board = Board::new().await;
    let (ada, bob, job) = (board.someone().await, board.someone().await, board.employer().await.job);
    let (first, second) = (ada.apply_under("k", &job, "Dear all").await, bob.apply_under("k", &job, "Dear all").await);
    assert_ne!(first.expect(201)["id"], second.expect(201)["id"]);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let board = Board::new().await;
    let (eve, employer) = (board.called(None).await, board.employer().await);
    eve.apply_under("k", &employer.job, "Dear all").await.problem(422, "name-missing");
    board.run(&format!("UPDATE people SET name = 'Eve' WHERE id = '{}'", eve.person.id)).await;
    eve.apply_under("k", &employer.job, "Dear all, with more to say").await.expect(201);
}

#[tokio::test]
async fn neither_key_nor_letter_is_stored_beside_the_answer() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    ada.apply_under("a-telling-key", &employer.job, "A private letter").await.expect(201);
    let rows = format!("SELECT string_agg(k::text, ' ') FROM idempotency_keys k WHERE person_id = '{}'", ada.person.id);
    let rows = board.text(&rows).await;
    assert!(rows.contains("received") && !rows.contains("telling") && !rows.contains("private"), "{rows}");
    assert!(!board.running.applications.output().contains("a-telling-key"));
}

/// Guards: idempotency claim.
#[tokio::test]
async fn whose_key_is_at_work_is_told_so_and_gets_the_answer_afterwards() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    // Holds up the first one in the middle of its work.
    let holder = board.running.whole.client().await.expect("a connection");
    let job = &employer.job;
    holder.batch_execute(&format!("BEGIN; SELECT 1 FROM jobs WHERE id = '{job}' FOR UPDATE")).await.expect("a lock");
    let first = ada.apply_under("k", job, "Dear all");
    let second = async {
        board.kept_waiting_by(&holder).await;
        let told = ada.apply_under("k", job, "Dear all").await;
        told.problem(409, "request-in-progress");
        assert_eq!(told.header("retry-after"), "1");
        holder.batch_execute("COMMIT").await.expect("it is ours");
    };
    let (first, ()) = tokio::join!(first, second);
    first.expect(201);
    assert_eq!(ada.apply_under("k", job, "Dear all").await.text, first.text);
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
}

#[tokio::test]
async fn of_twenty_with_one_key_at_once_one_works_and_all_who_get_an_answer_get_the_same() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let answers = join_all((0..20).map(|_| ada.apply_under("k", &employer.job, "Dear all"))).await;
    let (good, told): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert!(good.iter().all(|answer| answer.text == good[0].text));
    assert_eq!(good.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count(), 1);
    told.iter().for_each(|answer| drop(answer.problem(409, "request-in-progress")));
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
}

#[tokio::test]
async fn whoever_was_cut_off_repeats_and_gets_one_application() {
    // A board of its own: everybody's connections are cut.
    let running = Running::on(Whole::temporary().await.expect("a board")).await;
    let board = running.seen().await;
    let ada = board.someone().await;
    let cut =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'applications/pool'";
    for round in 0..5 {
        let (job, key) = (board.employer().await.job, format!("round-{round}"));
        let (answer, _) = tokio::join!(ada.apply_under(&key, &job, "Dear all"), board.number(cut));
        assert!(matches!(answer.status, 201 | 503), "{answer:?}");
        let done = async || ada.apply_under(&key, &job, "Dear all").await.status == 201;
        wait::until(PATIENCE, "the outcome", done).await.expect("it is answered");
        assert_eq!(board.written(&ada).await[0], round + 1);
    }
}

#[tokio::test]
async fn what_is_no_key_is_refused_with_what_is_wanted() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    let request = || ada.applications.request(Method::POST, &path).json(&json!({ "letter": "Dear all" }));
    for wrong in ["", "\"\"", "a b", "\"a", "ä", &"k".repeat(256)] {
        let answer = Answer::to(request().header("Idempotency-Key", wrong.as_bytes())).await;
        let told = answer.problem(400, "malformed-idempotency-key");
        assert!(told["detail"].as_str().is_some_and(|text| text.contains("wanted")), "{told}");
    }
    let twice = request().header("Idempotency-Key", "a").header("Idempotency-Key", "a");
    Answer::to(twice).await.problem(400, "malformed-idempotency-key");
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
}

#[tokio::test]
async fn answers_older_than_a_day_are_gone_soon_after_a_start_and_younger_ones_stay() {
    let board = Board::new().await;
    let ada = board.someone().await;
    // More than two batches.
    let make = |age: &str, count: usize| {
        format!(
            "INSERT INTO idempotency_keys (person_id, route, key_hash, fingerprint, status, body, created_at)
             SELECT '{}', 'POST /v1/jobs/{{id}}/applications', sha256(('{age}' || n)::bytea), sha256('f'), 201, '{{}}',
                    now() - interval '{age}' FROM generate_series(1, {count}) AS n",
            ada.person.id
        )
    };
    board.run(&make("25 hours", 2_500)).await;
    board.run(&make("23 hours", 3)).await;
    let command = board.running.whole.command(testbed::board::Part::Applications).expect("a binary");
    let command = command.env("LISTEN", format!("127.0.0.1:{}", free_port()));
    let _second = command.env("METRICS_LISTEN", format!("127.0.0.1:{}", free_port())).start().expect("it starts");
    let left = format!("SELECT count(*) FROM idempotency_keys WHERE person_id = '{}'", ada.person.id);
    wait::until(PATIENCE, "no old ones", async || board.number(&left).await == 3).await.expect("they are swept");
}
