//! Companies that are refused.

use serde_json::{Value, json};

use super::board::{Board, with};

/// What no company may have, whether it is made or changed.
fn wrong_values() -> Vec<(&'static str, Value)> {
    let line = [
        json!(""),
        json!("  "),
        json!("x".repeat(121)),
        json!("a\nb"),
        json!("a\u{0}"),
        json!("a\u{9b}"),
        json!(7),
        json!([]),
        json!({}),
        json!(false),
    ];
    let long = format!("https://engines.example/{}", "x".repeat(2_000));
    let websites = [
        "",
        "engines.example",
        "//engines.example",
        "http://engines.example",
        "HTTP://engines.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://engines.example",
        "https://",
        "https:///",
        "https://?x",
        "https://exa mple",
        "https://ada@engines.example",
        "https://ada:pw@engines.example",
        "https://:pw@engines.example",
        "https://engines.example:99999",
        long.as_str(),
    ];
    let websites =
        websites.iter().map(|text| json!(text)).chain([json!(7), json!(["https://engines.example"]), json!({})]);
    let of = |field: &'static str| move |value: Value| (field, value);
    let names = line.iter().cloned().chain([json!(null)]).map(of("name"));
    names.chain(line.iter().cloned().map(of("place"))).chain(websites.map(of("website"))).collect()
}

#[tokio::test]
async fn each_field_of_a_new_company_is_refused_by_name_and_nothing_is_written() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for (field, wrong) in wrong_values() {
        let answer =
            ada.api.post("/v1/companies", &with(&json!({ "name": "Engines Ltd" }), field, wrong.clone())).await;
        assert_eq!(answer.wrong(), [format!("#/{field}")], "{field}: {wrong}");
    }
    assert_eq!(ada.api.get("/v1/companies").await.expect(200), json!({ "items": [] }));
}

#[tokio::test]
async fn each_field_of_a_change_is_refused_by_name_and_nothing_is_changed() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = format!("/v1/companies/{}", ada.company().await);
    let before = board.api.get(&path).await.expect(200);
    for (field, wrong) in wrong_values() {
        // Another field, that is good, is not changed either.
        let good = if field == "place" { "name" } else { "place" };
        let answer = ada.api.patch(&path, &json!({ field: wrong, good: "Leeds" })).await;
        assert_eq!(answer.wrong(), [format!("#/{field}")], "{field}: {wrong}");
    }
    assert_eq!(board.api.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let wrong = json!({ "name": 7, "website": "http://engines.example", "place": "", "owner": "me", "id": 1 });
    let path = format!("/v1/companies/{}", ada.company().await);
    for answer in [ada.api.post("/v1/companies", &wrong).await, ada.api.patch(&path, &wrong).await] {
        assert_eq!(answer.wrong(), ["#/id", "#/name", "#/owner", "#/place", "#/website"]);
    }
}

#[tokio::test]
async fn every_wrong_parameter_of_the_list_is_named() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let answer = ada.api.get("/v1/companies?limit=0&cursor=x&owner=me").await;
    assert_eq!(answer.wrong(), ["cursor", "limit", "owner"]);
}
