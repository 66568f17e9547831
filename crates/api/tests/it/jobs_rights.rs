//! Who sees a job, and who may change it.

use serde_json::json;

use super::board::Board;

#[tokio::test]
async fn a_draft_exists_for_its_companys_members_alone() {
    let board = Board::new().await;
    let (ada, bob, eve) = (board.someone().await, board.someone().await, board.someone().await);
    let company = ada.company().await;
    let path = format!("/v1/jobs/{}", ada.draft(&company).await);
    // Eve has a company as well, but another one.
    eve.company().await;
    board.run(&format!("INSERT INTO company_members VALUES ('{company}', '{}')", bob.person.id)).await;
    assert_eq!(ada.api.get(&path).await.expect(200), bob.api.get(&path).await.expect(200));
    let (nobody, stranger) = (board.api.get(&path).await, eve.api.get(&path).await);
    nobody.problem(404, "not-found");
    stranger.problem(404, "not-found");
}

#[tokio::test]
async fn a_published_job_is_seen_by_everybody_and_a_closed_one_stays_where_it_was() {
    let board = Board::new().await;
    let (ada, eve) = (board.someone().await, board.someone().await);
    let path = format!("/v1/jobs/{}", ada.published(&ada.company().await).await);
    let seen = board.api.get(&path).await.expect(200);
    assert_eq!((&seen["status"], &seen["description"]), (&json!("published"), &json!("Build stairs.\nAnd doors.")));
    assert_eq!(eve.api.get(&path).await.expect(200), seen);
    ada.api.step(&format!("{path}/close")).await.expect(200);
    assert_eq!(board.api.get(&path).await.expect(200)["status"], "closed");
}

#[tokio::test]
async fn a_draft_that_was_closed_unpublished_stays_unseen() {
    let board = Board::new().await;
    let (ada, eve) = (board.someone().await, board.someone().await);
    let path = format!("/v1/jobs/{}", ada.draft(&ada.company().await).await);
    ada.api.step(&format!("{path}/close")).await.expect(200);
    board.api.get(&path).await.problem(404, "not-found");
    eve.api.get(&path).await.problem(404, "not-found");
    assert_eq!(ada.api.get(&path).await.expect(200)["status"], "closed");
}

#[tokio::test]
async fn a_stranger_changes_publishes_and_closes_nothing() {
    let board = Board::new().await;
    let (ada, eve) = (board.someone().await, board.someone().await);
    eve.company().await;
    let company = ada.company().await;
    for id in [ada.draft(&company).await, ada.published(&company).await] {
        let path = format!("/v1/jobs/{id}");
        let before = ada.api.get(&path).await.expect(200);
        let answers = [
            eve.api.patch(&path, &json!({ "title": "Mine now" })).await,
            // What is not theirs does not exist for them, whatever they send.
            eve.api.patch(&path, &json!({ "title": 7 })).await,
            eve.api.step(&format!("{path}/publish")).await,
            eve.api.step(&format!("{path}/close")).await,
        ];
        for answer in answers {
            answer.problem(404, "not-found");
        }
        assert_eq!(ada.api.get(&path).await.expect(200), before);
    }
}

#[tokio::test]
async fn a_job_that_does_not_exist_is_not_found_by_any_method() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for id in ["00000000-0000-7000-8000-000000000000", "x", "%00", "null", "%F0%9F%98%80", "1%27%20OR%201=1"] {
        let path = format!("/v1/jobs/{id}");
        let answers = [
            ada.api.get(&path).await,
            ada.api.patch(&path, &json!({ "title": "Joiner" })).await,
            ada.api.step(&format!("{path}/publish")).await,
            ada.api.step(&format!("{path}/close")).await,
        ];
        for answer in answers {
            answer.problem(404, "not-found");
        }
    }
}
