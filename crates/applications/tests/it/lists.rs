//! A person's own applications, and those that a company received.

use serde_json::{Value, json};
use testbed::http::Client;

use super::board::{Board, Employer, NOWHERE};

/// Goes through a list, two by two.
async fn walk(client: &Client, path: &str) -> Vec<Value> {
    let (mut seen, mut next) = (Vec::new(), format!("{path}?limit=2"));
    loop {
        let page = client.get(&next).await.expect(200);
        let items = page["items"].as_array().expect("items");
        seen.extend(items.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return seen };
        assert_eq!(items.len(), 2, "a page that is not the last one is full");
        next = format!("{path}?limit=2&cursor={cursor}");
    }
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

fn received(employer: &Employer) -> String {
    format!("/v1/jobs/{}/applications", employer.job)
}

#[tokio::test]
async fn ones_own_applications_come_in_pages_newest_first_and_nobody_elses() {
    let board = Board::new().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    let mut made = Vec::new();
    for _ in 0..5 {
        let employer = board.employer().await;
        bob.apply(&employer.job, "Bob's").await.expect(201);
        let applied = ada.apply(&employer.job, "Ada's").await.expect(201);
        made.push(applied["id"].as_str().expect("an id").to_owned());
    }
    made.reverse();
    let seen = walk(&ada.applications, "/v1/applications").await;
    assert_eq!(ids(&seen), made);
    for item in &seen {
        assert_eq!((&item["status"], &item["job_title"]), (&json!("received"), &json!("Carpenter")));
        assert_eq!(item["company_name"], "Engines Ltd");
    }
}

#[tokio::test]
async fn applications_of_the_same_moment_are_told_apart_by_their_ids() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for _ in 0..5 {
        ada.apply(&board.employer().await.job, "Dear all").await.expect(201);
    }
    let mine = &ada.person.id;
    board
        .run(&format!("UPDATE applications SET created_at = '2020-01-01 12:00:00.000001' WHERE person_id = '{mine}'"))
        .await;
    let seen = walk(&ada.applications, "/v1/applications").await;
    let mut sorted = ids(&seen);
    sorted.sort_unstable();
    sorted.dedup();
    sorted.reverse();
    assert_eq!((seen.len(), ids(&seen)), (5, sorted));
}

#[tokio::test]
async fn whoever_has_not_applied_has_an_empty_list() {
    let board = Board::new().await;
    let ada = board.someone().await;
    assert_eq!(ada.applications.get("/v1/applications").await.expect(200), json!({ "items": [] }));
}

#[tokio::test]
async fn an_application_stays_in_ones_list_when_its_job_is_closed() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    ada.apply(&employer.job, "Dear all").await.expect(201);
    board.run(&format!("UPDATE jobs SET status = 'closed' WHERE id = '{}'", employer.job)).await;
    assert_eq!(walk(&ada.applications, "/v1/applications").await.len(), 1);
    assert_eq!(walk(&employer.member.applications, &received(&employer)).await.len(), 1);
}

#[tokio::test]
async fn a_member_sees_who_applied_with_letter_and_address() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let applied = ada.apply(&employer.job, "Dear Mr Babbage").await.expect(201);
    let seen = walk(&employer.member.applications, &received(&employer)).await;
    assert_eq!(
        seen,
        [json!({
            "id": applied["id"],
            "person_id": ada.person.id,
            "name": "Ada Lovelace",
            "email": ada.person.email,
            "letter": "Dear Mr Babbage",
            "status": "received",
            "created_at": applied["created_at"],
        })]
    );
}

#[tokio::test]
async fn a_jobs_applications_come_in_pages_newest_first_and_no_other_jobs() {
    let board = Board::new().await;
    let employer = board.employer().await;
    let other = board.job(&employer.company, "'published'").await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let person = board.someone().await;
        person.apply(&other, "For the other one").await.expect(201);
        let applied = person.apply(&employer.job, "For this one").await.expect(201);
        made.push(applied["id"].as_str().expect("an id").to_owned());
    }
    made.reverse();
    let seen = walk(&employer.member.applications, &received(&employer)).await;
    assert_eq!(ids(&seen), made);
    assert!(seen.iter().all(|item| item["letter"] == "For this one"));
}

#[tokio::test]
async fn nobody_but_members_sees_who_applied() {
    let board = Board::new().await;
    let (ada, employer, rival) = (board.someone().await, board.employer().await, board.employer().await);
    ada.apply(&employer.job, "Dear Mr Babbage").await.expect(201);
    let path = received(&employer);
    // Not even whoever applied: the letters of others stand beside it.
    for stranger in [&ada, &rival.member] {
        stranger.applications.get(&path).await.problem(404, "not-found");
    }
    board.nobody.get(&path).await.problem(401, "unauthenticated");
    for job in [NOWHERE, "x", "%00"] {
        let path = format!("/v1/jobs/{job}/applications");
        employer.member.applications.get(&path).await.problem(404, "not-found");
    }
    board.run(&format!("DELETE FROM company_members WHERE company_id = '{}'", employer.company)).await;
    employer.member.applications.get(&path).await.problem(404, "not-found");
}
