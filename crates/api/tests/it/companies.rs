//! `/v1/companies`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::board::{Board, Someone, with};

#[tokio::test]
async fn a_company_is_made_and_everybody_can_read_it_where_its_location_says() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let website = "https://engines.example/jobs";
    let new = json!({ "name": " Engines Ltd ", "website": website, "place": " London " });
    let answer = ada.api.post("/v1/companies", &new).await;
    let made = answer.expect(201);
    let wanted = json!({ "id": made["id"], "name": "Engines Ltd", "website": website, "place": "London" });
    assert_eq!(made, wanted);
    assert_eq!(answer.header("location"), format!("/v1/companies/{}", made["id"].as_str().expect("an id")));
    assert_eq!(board.api.get(answer.header("location")).await.expect(200), made);
}

#[tokio::test]
async fn a_name_is_enough() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for new in [json!({ "name": "x" }), json!({ "name": "語".repeat(120), "website": null, "place": null })] {
        let made = ada.api.post("/v1/companies", &new).await.expect(201);
        assert_eq!((&made["website"], &made["place"]), (&Value::Null, &Value::Null));
        assert_eq!(made["name"], new["name"]);
    }
}

#[tokio::test]
async fn whoever_makes_a_company_is_its_only_member() {
    let board = Board::new().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    let company = ada.company().await;
    let members = format!("SELECT person_id::text FROM company_members WHERE company_id = '{company}'");
    assert_eq!(board.texts(&members).await, std::slice::from_ref(&ada.person.id));
    assert_eq!(bob.api.get("/v1/companies").await.expect(200), json!({ "items": [] }));
    assert_eq!(ada.api.get("/v1/companies").await.expect(200)["items"][0]["id"], company);
}

#[tokio::test]
async fn ones_own_companies_come_in_pages_newest_first() {
    let board = Board::new().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(ada.company().await);
        bob.company().await;
    }
    // Three at the very same time: only their ids tell them apart.
    let (member, same) = (&ada.person.id, format!("'{}', '{}', '{}'", made[0], made[1], made[2]));
    let whose = format!("person_id = '{member}' AND company_id IN ({same})");
    board.run(&format!("UPDATE company_members SET created_at = '2020-01-01' WHERE {whose}")).await;
    let (mut seen, mut path) = (Vec::new(), "/v1/companies?limit=2".to_owned());
    loop {
        let page = ada.api.get(&path).await.expect(200);
        let items = page["items"].as_array().expect("items");
        seen.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        assert_eq!(items.len(), 2);
        path = format!("/v1/companies?limit=2&cursor={cursor}");
    }
    made.reverse();
    assert_eq!(seen, made);
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_clears_what_it_nulls() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let (made, path) = whole(&ada).await;
    assert_eq!(ada.api.patch(&path, &json!({})).await.expect(200), made, "nothing was named");
    let changed = ada.api.patch(&path, &json!({ "name": " Looms Ltd ", "website": null })).await.expect(200);
    let wanted = with(&with(&made, "name", json!("Looms Ltd")), "website", Value::Null);
    assert_eq!(changed, wanted);
    assert_eq!(board.api.get(&path).await.expect(200), wanted);
    let back = json!({ "website": made["website"], "place": null });
    let wanted = with(&with(&wanted, "website", made["website"].clone()), "place", Value::Null);
    assert_eq!(ada.api.patch(&path, &back).await.expect(200), wanted);
}

#[tokio::test]
async fn changes_at_once_lose_nothing_of_one_another() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let (_, path) = whole(&ada).await;
    let changes = [("name", "Looms Ltd"), ("website", "https://looms.example/"), ("place", "Leeds")];
    let change = |(field, value): (&'static str, &'static str)| {
        let (api, path) = (&ada.api, &path);
        async move { api.patch(path, &json!({ field: value })).await.expect(200) }
    };
    join_all(changes.map(change)).await;
    let after = board.api.get(&path).await.expect(200);
    for (field, value) in changes {
        assert_eq!(after[field], Value::from(value), "{field}");
    }
}

#[tokio::test]
async fn a_company_is_changed_by_any_of_its_members_and_by_no_stranger() {
    let board = Board::new().await;
    let (ada, bob, eve) = (board.someone().await, board.someone().await, board.someone().await);
    let (made, path) = whole(&ada).await;
    // Eve has a company as well, but another one.
    eve.company().await;
    for change in [json!({ "name": "Mine now" }), json!({ "place": null }), json!({})] {
        eve.api.patch(&path, &change).await.problem(404, "not-found");
        bob.api.patch(&path, &change).await.problem(404, "not-found");
    }
    assert_eq!(board.api.get(&path).await.expect(200), made);
    let id = made["id"].as_str().expect("an id");
    board.run(&format!("INSERT INTO company_members VALUES ('{id}', '{}')", bob.person.id)).await;
    let changed = bob.api.patch(&path, &json!({ "place": "Leeds" })).await.expect(200);
    assert_eq!(changed, with(&made, "place", json!("Leeds")));
}

#[tokio::test]
async fn a_company_that_does_not_exist_is_not_found_by_any_method() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for id in ["00000000-0000-7000-8000-000000000000", "x", "%00", "0", "%F0%9F%98%80", "..%2Fme", "null"] {
        let path = format!("/v1/companies/{id}");
        board.api.get(&path).await.problem(404, "not-found");
        ada.api.patch(&path, &json!({ "name": "Looms Ltd" })).await.problem(404, "not-found");
    }
}

/// A company with all of its fields, and where it is.
async fn whole(ada: &Someone) -> (Value, String) {
    let new = json!({ "name": "Engines Ltd", "website": "https://engines.example/", "place": "London" });
    let made = ada.api.post("/v1/companies", &new).await.expect(201);
    let path = format!("/v1/companies/{}", made["id"].as_str().expect("an id"));
    (made, path)
}
