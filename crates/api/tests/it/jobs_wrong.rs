//! Jobs that are refused, field by field.

use serde_json::{Value, json};

use super::board::{Board, Someone, days_from_now, job, with};

const TEXTS: [&str; 3] = ["title", "description", "place"];
const NAMES: [&str; 4] = ["remote", "kind", "pay_currency", "pay_per"];

/// What no job may have, whether it is made or changed.
fn wrong_values() -> Vec<(&'static str, Value)> {
    let mut wrong = vec![
        ("title", json!("ab")),
        ("title", json!("  ab  ")),
        ("title", json!("x".repeat(141))),
        ("title", json!("a\nbc")),
        ("description", json!("")),
        ("description", json!(" \n\t ")),
        ("description", json!("x".repeat(20_001))),
        ("description", json!("a\u{8}b")),
        ("place", json!("")),
        ("place", json!("x".repeat(121))),
        ("place", json!("a\tb")),
        ("pay_from", json!(-1)),
        ("pay_from", json!(1.5)),
        ("pay_from", json!(1e13)),
        ("pay_from", json!(u64::MAX)),
        ("pay_to", json!(-1)),
        ("pay_to", json!(499_999)),
        ("pay_to", json!(1_000_000_000_001_u64)),
        ("closes_at", json!("2020-01-01T00:00:00Z")),
        ("closes_at", json!(days_from_now(181))),
        ("closes_at", json!("2030-01-31")),
        ("closes_at", json!("2030-01-31T12:00:00")),
        ("closes_at", json!("soon")),
        // What serde takes for a name where nobody forbids it.
        ("remote", json!({ "yes": null })),
        ("kind", json!({ "contract": null })),
        ("pay_per", json!({ "hour": null })),
    ];
    wrong.extend(["title", "description", "remote", "kind"].map(|field| (field, Value::Null)));
    wrong.extend(wrong_texts().into_iter().map(|(field, text)| (field, json!(text))));
    wrong.extend(wrong_types());
    wrong
}

fn wrong_texts() -> Vec<(&'static str, &'static str)> {
    let texts = TEXTS.map(|field| ["abc\u{0}", "abc\u{1b}[31m", "abc\u{9d}def"].map(|text| (field, text)));
    let words = "x Yes FULL_TIME full-time EURO eur XTS R&T Month week yes\u{0}";
    let names = NAMES.into_iter().flat_map(|field| words.split(' ').chain(["", " yes"]).map(move |text| (field, text)));
    texts.into_iter().flatten().chain(names).collect()
}

fn wrong_types() -> Vec<(&'static str, Value)> {
    let any = [json!(true), json!([]), json!({}), json!(["x"])];
    let number = TEXTS.into_iter().chain(NAMES).chain(["closes_at"]).map(|field| (field, json!(7)));
    let text = ["pay_from", "pay_to"].map(|field| (field, json!("1")));
    let fields = TEXTS.into_iter().chain(NAMES).chain(["closes_at", "pay_from", "pay_to"]);
    let others = fields.flat_map(|field| any.clone().map(|value| (field, value)));
    number.chain(text).chain(others).collect()
}

async fn jobs(board: &Board, company: &str) -> i64 {
    board.number(&format!("SELECT count(*) FROM jobs WHERE company_id = '{company}'")).await
}

#[tokio::test]
async fn each_field_of_a_new_job_is_refused_by_name_and_nothing_is_written() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    let good = job(&company);
    for (field, value) in wrong_values() {
        let answer = ada.api.post("/v1/jobs", &with(&good, field, value.clone())).await;
        assert_eq!(answer.wrong(), [format!("#/{field}")], "{field}: {value}");
    }
    assert_eq!(jobs(&board, &company).await, 0);
}

#[tokio::test]
async fn each_field_of_a_change_is_refused_by_name_and_nothing_is_changed() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = format!("/v1/jobs/{}", ada.draft(&ada.company().await).await);
    let before = ada.api.get(&path).await.expect(200);
    for (field, value) in wrong_values() {
        let answer = ada.api.patch(&path, &json!({ field: value })).await;
        assert_eq!(answer.wrong(), [format!("#/{field}")], "{field}: {value}");
    }
    assert_eq!(ada.api.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn every_wrong_missing_and_unknown_field_is_named_at_once() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let nothing = ada.api.post("/v1/jobs", &json!({})).await;
    assert_eq!(nothing.wrong(), ["#/company_id", "#/description", "#/kind", "#/remote", "#/title"]);
    let all = json!({
        "company_id": "x", "title": 1, "description": "", "place": "", "remote": "maybe", "kind": 2, "pay_from": -1,
        "pay_to": -1, "pay_currency": "x", "pay_per": "x", "closes_at": "x", "salary": 3, "": 4,
    });
    let named = ada.api.post("/v1/jobs", &all).await.wrong();
    let mut wanted: Vec<String> = all.as_object().expect("an object").keys().map(|name| format!("#/{name}")).collect();
    wanted.sort();
    assert_eq!(named, wanted);
}

#[tokio::test]
async fn pay_in_parts_names_the_parts_that_lack() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let good = job(&ada.company().await);
    for field in ["pay_from", "pay_to", "pay_currency", "pay_per"] {
        let mut part = good.clone();
        part.as_object_mut().expect("an object").remove(field);
        assert_eq!(ada.api.post("/v1/jobs", &part).await.wrong(), [format!("#/{field}")]);
    }
}

#[tokio::test]
async fn a_company_that_is_not_the_callers_is_refused_by_name() {
    let board = Board::new().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    let of_bob = bob.company().await;
    let nowhere = "00000000-0000-7000-8000-000000000000";
    let refused = async |who: &Someone, company: Value| {
        let answer = who.api.post("/v1/jobs", &with(&job(""), "company_id", company.clone())).await;
        assert_eq!(answer.wrong(), ["#/company_id"], "{company}");
    };
    for company in [json!(of_bob), json!(nowhere), json!(""), json!("x"), json!(7), json!(null), json!([]), json!({})] {
        refused(&ada, company).await;
    }
    assert_eq!(jobs(&board, &of_bob).await, 0);
}
