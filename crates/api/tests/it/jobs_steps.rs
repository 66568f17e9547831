//! `publish` and `close`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::board::{Board, days_from_now, with};

#[tokio::test]
async fn a_draft_is_published_once_and_keeps_its_time_when_it_is_published_again() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = format!("/v1/jobs/{}", ada.draft(&ada.company().await).await);
    let first = ada.api.step(&format!("{path}/publish")).await.expect(200);
    assert_eq!(first["status"], "published");
    assert!(first["published_at"].is_string());
    let again = ada.api.step(&format!("{path}/publish")).await.expect(200);
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_job_is_closed_once_and_again_and_never_published_after_that() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    for id in [ada.draft(&company).await, ada.published(&company).await] {
        let path = format!("/v1/jobs/{id}");
        let closed = ada.api.step(&format!("{path}/close")).await.expect(200);
        assert_eq!(closed["status"], "closed");
        assert_eq!(ada.api.step(&format!("{path}/close")).await.expect(200), closed);
        ada.api.step(&format!("{path}/publish")).await.problem(409, "wrong-job-status");
        assert_eq!(ada.api.get(&path).await.expect(200), closed);
    }
}

#[tokio::test]
async fn a_job_past_its_date_has_expired_until_the_date_is_moved() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let id = ada.published(&ada.company().await).await;
    let path = format!("/v1/jobs/{id}");
    board.run(&format!("UPDATE jobs SET closes_at = clock_timestamp() WHERE id = '{id}'")).await;
    assert_eq!(board.api.get(&path).await.expect(200)["status"], "expired");
    assert_eq!(ada.api.patch(&path, &json!({ "title": "Joiner" })).await.expect(200)["status"], "expired");
    assert_eq!(ada.api.step(&format!("{path}/publish")).await.wrong(), ["#/closes_at"]);
    let moved = ada.api.patch(&path, &json!({ "closes_at": days_from_now(1) })).await.expect(200);
    assert_eq!(moved["status"], "published");
    board.run(&format!("UPDATE jobs SET closes_at = clock_timestamp() WHERE id = '{id}'")).await;
    assert_eq!(ada.api.step(&format!("{path}/close")).await.expect(200)["status"], "closed");
    assert_eq!(board.api.get(&path).await.expect(200)["status"], "closed");
}

#[tokio::test]
async fn a_job_that_is_over_says_everything_but_where_to_apply_to_its_members_too() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = format!("/v1/jobs/{}", ada.published(&ada.company().await).await);
    let id = &path["/v1/jobs/".len()..];
    let open = ada.api.patch(&path, &json!({ "closes_at": null })).await.expect(200);
    let (past, joiner) = ("2020-01-01T00:00:00Z", json!({ "title": "Joiner" }));
    for (stored, status) in [("closed", "closed"), ("published", "expired")] {
        board.run(&format!("UPDATE jobs SET status = '{stored}', closes_at = '{past}' WHERE id = '{id}'")).await;
        let mut over = with(&with(&open, "status", json!(status)), "closes_at", json!(past));
        over.as_object_mut().expect("an object").remove("apply_url").expect("an open job has it");
        for api in [&board.api, &ada.api] {
            assert_eq!(api.get(&path).await.expect(200), over, "{status}");
        }
        assert_eq!(ada.api.patch(&path, &joiner).await.expect(200), with(&over, "title", json!("Joiner")));
        ada.api.patch(&path, &json!({ "title": open["title"] })).await.expect(200);
    }
    assert_eq!(ada.api.patch(&path, &json!({ "closes_at": null })).await.expect(200), open, "it is open again");
}

#[tokio::test]
async fn a_draft_that_would_be_over_at_once_is_not_published() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let id = ada.draft(&ada.company().await).await;
    let path = format!("/v1/jobs/{id}");
    board.run(&format!("UPDATE jobs SET closes_at = clock_timestamp() WHERE id = '{id}'")).await;
    assert_eq!(ada.api.step(&format!("{path}/publish")).await.wrong(), ["#/closes_at"]);
    assert_eq!(ada.api.get(&path).await.expect(200)["status"], "draft");
    ada.api.patch(&path, &json!({ "closes_at": null })).await.expect(200);
    assert_eq!(ada.api.step(&format!("{path}/publish")).await.expect(200)["status"], "published");
}

#[tokio::test]
async fn steps_at_once_leave_a_job_closed() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = format!("/v1/jobs/{}", ada.draft(&ada.company().await).await);
    let step = |number: usize| {
        let (api, path) = (&ada.api, format!("{path}/{}", ["publish", "close"][number % 2]));
        async move { api.step(&path).await }
    };
    for answer in join_all((0..10).map(step)).await {
        assert!(answer.status == 200 || answer.status == 409, "{answer:?}");
    }
    assert_eq!(ada.api.get(&path).await.expect(200)["status"], "closed");
}

#[tokio::test]
async fn changes_at_once_lose_nothing_of_one_another() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = format!("/v1/jobs/{}", ada.draft(&ada.company().await).await);
    let changes =
        [("title", "Joiner"), ("place", "Basel"), ("remote", "yes"), ("kind", "contract"), ("pay_currency", "EUR")];
    let change = |(field, value): (&'static str, &'static str)| {
        let (api, path) = (&ada.api, &path);
        async move { api.patch(path, &serde_json::json!({ field: value })).await.expect(200) }
    };
    join_all(changes.map(change)).await;
    let after = ada.api.get(&path).await.expect(200);
    for (field, value) in changes {
        assert_eq!(after[field], Value::from(value), "{field}");
    }
}
