//! Changes of what its caller knows, and of nothing else.

use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::{Answer, Client};

use super::board::Board;

/// Changes something, if it is still what has this tag.
async fn change(client: &Client, (method, path, body): (Method, &str, Value), tag: &str) -> Answer {
    let request = client.request(method.clone(), path).header("If-Match", tag);
    Answer::to(if method == Method::PATCH { request.json(&body) } else { request }).await
}

#[tokio::test]
async fn of_two_who_change_the_same_the_second_loses_nothing_of_the_first() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    let job = format!("/v1/jobs/{}", ada.draft(&company).await);
    let company = format!("/v1/companies/{company}");
    for (path, one, other) in [
        (job.as_str(), json!({ "title": "One" }), json!({ "title": "Other" })),
        (company.as_str(), json!({ "name": "One" }), json!({ "name": "Other" })),
        ("/v1/me", json!({ "name": "One" }), json!({ "name": "Other" })),
    ] {
        let read = ada.api.get(path).await;
        let tag = read.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{path}: {read:?}");
        let first = change(&ada.api, (Method::PATCH, path, one), &tag).await;
        first.expect(200);
        let second = change(&ada.api, (Method::PATCH, path, other.clone()), &tag).await;
        second.problem(412, "precondition-failed");
        let now = ada.api.get(path).await;
        assert!(now.text.contains("\"One\""), "{path}: {now:?}");
        // What a change answers with, and a refusal, is known by the tag of what is there.
        assert_eq!((first.header("etag"), second.header("etag")), (now.header("etag"), now.header("etag")), "{path}");
        change(&ada.api, (Method::PATCH, path, other.clone()), now.header("etag")).await.expect(200);
        change(&ada.api, (Method::PATCH, path, other.clone()), "*").await.expect(200);
        change(&ada.api, (Method::PATCH, path, other), "no tag").await.problem(400, "bad-request");
    }
}

#[tokio::test]
async fn a_step_is_of_the_job_that_its_caller_knows() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let job = format!("/v1/jobs/{}", ada.draft(&ada.company().await).await);
    for (step, body) in
        [("publish", json!({ "title": "Before publishing" })), ("close", json!({ "title": "Before closing" }))]
    {
        let path = format!("{job}/{step}");
        let tag = ada.api.get(&job).await.header("etag").to_owned();
        ada.api.patch(&job, &body).await.expect(200);
        change(&ada.api, (Method::POST, &path, Value::Null), &tag).await.problem(412, "precondition-failed");
        let tag = ada.api.get(&job).await.header("etag").to_owned();
        let done = change(&ada.api, (Method::POST, &path, Value::Null), &tag).await;
        done.expect(200);
        assert_eq!(done.header("etag"), ada.api.get(&job).await.header("etag"));
    }
}

#[tokio::test]
async fn who_is_no_member_learns_nothing_of_a_draft_by_its_tag() {
    let board = Board::new().await;
    let (ada, other) = (board.someone().await, board.someone().await);
    let company = ada.company().await;
    let job = format!("/v1/jobs/{}", ada.draft(&company).await);
    let (company, publish) = (format!("/v1/companies/{company}"), format!("{job}/publish"));
    for tag in [ada.api.get(&job).await.header("etag"), "*", "\"a\""] {
        for change_of in [
            (Method::PATCH, job.as_str(), json!({ "title": "Other" })),
            (Method::PATCH, company.as_str(), json!({ "name": "Other" })),
            (Method::POST, publish.as_str(), Value::Null),
        ] {
            change(&other.api, change_of, tag).await.problem(404, "not-found");
        }
    }
}
