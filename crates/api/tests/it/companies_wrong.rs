//! Companies that are refused.

use serde_json::{Value, json};

use super::board::Board;

#[tokio::test]
async fn each_field_is_refused_by_name_when_it_is_wrong_and_nothing_is_written() {
    let board = Board::new().await;
    let ada = board.someone().await;
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
    for (field, wrong) in names.chain(line.iter().cloned().map(of("place"))).chain(websites.map(of("website"))) {
        let mut company = json!({ "name": "Engines Ltd" });
        company[field] = wrong.clone();
        let answer = ada.api.post("/v1/companies", &company).await;
        assert_eq!(answer.wrong(), [format!("#/{field}")], "{field}: {wrong}");
    }
    assert_eq!(ada.api.get("/v1/companies").await.expect(200), json!({ "items": [] }));
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let wrong = json!({ "name": 7, "website": "http://engines.example", "place": "", "owner": "me", "id": 1 });
    let answer = ada.api.post("/v1/companies", &wrong).await;
    assert_eq!(answer.wrong(), ["#/id", "#/name", "#/owner", "#/place", "#/website"]);
}

#[tokio::test]
async fn every_wrong_parameter_of_the_list_is_named() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let answer = ada.api.get("/v1/companies?limit=0&cursor=x&owner=me").await;
    assert_eq!(answer.wrong(), ["cursor", "limit", "owner"]);
}
