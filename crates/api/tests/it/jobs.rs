//! `POST`, `GET` and `PATCH /v1/jobs`: what is kept, and what it becomes.

use serde_json::{Value, json};
use testbed::board::Part;

use super::board::{Board, days_from_now, job, with};

#[tokio::test]
async fn a_job_is_made_as_a_draft_with_everything_that_was_said() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let new = job(&ada.company().await);
    let answer = ada.api.post("/v1/jobs", &new).await;
    let made = answer.expect(201);
    let id = made["id"].as_str().expect("an id");
    assert_eq!(answer.header("location"), format!("/v1/jobs/{id}"));
    for field in [
        "company_id",
        "title",
        "description",
        "place",
        "remote",
        "kind",
        "pay_from",
        "pay_to",
        "pay_currency",
        "pay_per",
    ] {
        assert_eq!(made[field], new[field], "{field}");
    }
    assert_eq!((&made["status"], &made["published_at"]), (&json!("draft"), &Value::Null));
    assert_eq!(made["company_name"], "Engines Ltd");
    // To the microsecond, which is what PostgreSQL keeps.
    assert_eq!(made["closes_at"].as_str().expect("a time")[..19], new["closes_at"].as_str().expect("a time")[..19]);
    assert_eq!(made["apply_url"], format!("{}/v1/jobs/{id}/applications", board.whole.url(Part::Applications)));
    assert_eq!(ada.api.get(answer.header("location")).await.expect(200), made);
}

#[tokio::test]
async fn four_fields_and_a_company_are_enough() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    let new =
        json!({ "company_id": company, "title": "語語語", "description": ".", "remote": "no", "kind": "temporary" });
    let made = ada.api.post("/v1/jobs", &new).await.expect(201);
    for field in ["place", "pay_from", "pay_to", "pay_currency", "pay_per", "closes_at", "published_at"] {
        assert_eq!(made[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn every_value_at_its_bounds_is_taken() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let good = job(&ada.company().await);
    let mut values = vec![
        ("title", json!("abc")),
        ("title", json!("\u{1f600}".repeat(140))),
        ("title", json!("  trimmed  ")),
        ("description", json!("x")),
        ("description", json!("ä".repeat(20_000))),
        ("description", json!("a\r\n\tb\n\nc")),
        ("place", json!("x")),
        ("place", json!("語".repeat(120))),
        ("place", json!(null)),
        ("pay_from", json!(0)),
        ("pay_from", json!(700_000)),
        ("pay_to", json!(500_000)),
        ("pay_to", json!(1_000_000_000_000_u64)),
        ("closes_at", json!(null)),
        ("closes_at", json!(days_from_now(179))),
        ("closes_at", json!(days_from_now(1).replace('Z', "+00:00"))),
    ];
    values.extend(["no", "hybrid", "yes"].map(|it| ("remote", json!(it))));
    values.extend(["full_time", "part_time", "contract", "internship", "temporary"].map(|it| ("kind", json!(it))));
    values.extend(["hour", "month", "year"].map(|it| ("pay_per", json!(it))));
    values.extend(["AED", "CHF", "EUR", "JPY", "ZWG"].map(|it| ("pay_currency", json!(it))));
    for (field, value) in values {
        let made = ada.api.post("/v1/jobs", &with(&good, field, value.clone())).await.expect(201);
        if field != "closes_at" && field != "title" {
            assert_eq!(made[field], value, "{field}");
        }
    }
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_clears_what_it_nulls() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let made = ada.api.post("/v1/jobs", &job(&ada.company().await)).await.expect(201);
    let path = format!("/v1/jobs/{}", made["id"].as_str().expect("an id"));
    assert_eq!(ada.api.patch(&path, &json!({})).await.expect(200), made, "nothing was named");
    let changed =
        ada.api.patch(&path, &json!({ "title": "Joiner", "place": null, "closes_at": null })).await.expect(200);
    let wanted = with(&with(&with(&made, "title", json!("Joiner")), "place", Value::Null), "closes_at", Value::Null);
    assert_eq!(changed, wanted);
    assert_eq!(ada.api.get(&path).await.expect(200), wanted);
}

#[tokio::test]
async fn pay_is_changed_in_part_and_cleared_as_a_whole() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = format!("/v1/jobs/{}", ada.draft(&ada.company().await).await);
    let pay = |job: &Value| ["pay_from", "pay_to", "pay_currency", "pay_per"].map(|field| job[field].clone());
    let raised = ada.api.patch(&path, &json!({ "pay_to": 800_000 })).await.expect(200);
    assert_eq!(pay(&raised), [json!(500_000), json!(800_000), json!("CHF"), json!("month")]);
    assert_eq!(ada.api.patch(&path, &json!({ "pay_to": 499_999 })).await.wrong(), ["#/pay_to"]);
    assert_eq!(ada.api.patch(&path, &json!({ "pay_per": null })).await.wrong(), ["#/pay_per"]);
    let none = json!({ "pay_from": null, "pay_to": null, "pay_currency": null, "pay_per": null });
    assert_eq!(pay(&ada.api.patch(&path, &none).await.expect(200)), [const { Value::Null }; 4]);
    assert_eq!(
        ada.api.patch(&path, &json!({ "pay_from": 1 })).await.wrong(),
        ["#/pay_currency", "#/pay_per", "#/pay_to"]
    );
}

#[tokio::test]
async fn whose_a_job_is_and_where_it_stands_are_not_changed_by_a_patch() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let id = ada.draft(&ada.company().await).await;
    let change = json!({ "company_id": ada.company().await, "status": "published", "published_at": null, "id": id });
    let answer = ada.api.patch(&format!("/v1/jobs/{id}"), &change).await;
    assert_eq!(answer.wrong(), ["#/company_id", "#/id", "#/published_at", "#/status"]);
}

#[tokio::test]
async fn a_job_is_changed_while_somebody_applies_for_it() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let id = ada.draft(&ada.company().await).await;
    let applying = board.whole.client().await.expect("a connection");
    // As the application's row does that refers to the job, until it commits.
    let refer = format!("BEGIN; SELECT 1 FROM jobs WHERE id = '{id}' FOR KEY SHARE");
    applying.batch_execute(&refer).await.expect("the row is there");
    let changed = ada.api.patch(&format!("/v1/jobs/{id}"), &json!({ "title": "Joiner" })).await;
    assert_eq!(changed.expect(200)["title"], "Joiner");
    ada.api.step(&format!("/v1/jobs/{id}/publish")).await.expect(200);
    applying.batch_execute("COMMIT").await.expect("it is ours");
}
