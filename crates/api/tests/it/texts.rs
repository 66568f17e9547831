//! What people write is what others see, and what was written under an older rule can be read and mended.

use serde_json::{Value, json};

use super::board::{Board, job, with};

/// Turns the direction, is not to be seen, is blank: as stored by a function that let it through.
const OLD: [&str; 3] = ["Car\u{202e}penter", "Car\u{ad}pen\u{200b}ter", "\u{3164}\u{3164}\u{3164}"];

#[tokio::test]
async fn hidden_characters_are_refused_by_name_wherever_people_write() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    for hidden in OLD {
        assert_eq!(ada.api.patch("/v1/me", &json!({ "name": hidden })).await.wrong(), ["#/name"]);
        let named = json!({ "name": hidden, "place": hidden });
        assert_eq!(ada.api.post("/v1/companies", &named).await.wrong(), ["#/name", "#/place"]);
        assert_eq!(ada.api.patch(&format!("/v1/companies/{company}"), &named).await.wrong(), ["#/name", "#/place"]);
        for field in ["title", "description", "place"] {
            let new = with(&job(&company), field, json!(hidden));
            assert_eq!(ada.api.post("/v1/jobs", &new).await.wrong(), [format!("#/{field}")], "{hidden:?}");
        }
    }
    let name = json!({ "name": "می\u{200c}خواهم 👩🏽\u{200d}💻" });
    assert_eq!(ada.api.patch("/v1/me", &name).await.expect(200)["name"], name["name"]);
}

#[tokio::test]
async fn a_job_of_an_older_rule_can_be_read_and_mended_field_by_field() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let id = ada.published(&ada.company().await).await;
    let path = format!("/v1/jobs/{id}");
    for old in OLD {
        let fields = format!("title = '{old}', description = '{old}\u{7}', place = '{old}'");
        board.run(&format!("UPDATE jobs SET {fields} WHERE id = '{id}'")).await;
        let read = board.api.get(&path).await.expect(200);
        assert_eq!((&read["title"], &read["place"]), (&json!(old), &json!(old)));
        // What is not named stays, and does not hold up what is.
        let changed = ada.api.patch(&path, &json!({ "remote": "yes" })).await.expect(200);
        assert_eq!(changed, with(&read, "remote", json!("yes")));
        for (field, mended) in
            [("title", json!("Carpenter")), ("description", json!("Stairs.")), ("place", Value::Null)]
        {
            assert_eq!(ada.api.patch(&path, &json!({ field: mended })).await.expect(200)[field], mended, "{field}");
        }
        ada.api.step(&format!("{path}/publish")).await.expect(200);
    }
}

#[tokio::test]
async fn a_company_of_an_older_rule_can_be_read_and_mended_field_by_field() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let id = ada.company().await;
    let path = format!("/v1/companies/{id}");
    let job = format!("/v1/jobs/{}", ada.published(&id).await);
    for old in OLD {
        let website = "https://ada:pw@engines.example";
        let fields = format!("name = '{old}', website = '{website}', place = '{old}'");
        board.run(&format!("UPDATE companies SET {fields} WHERE id = '{id}'")).await;
        let stored = json!({ "id": id, "name": old, "website": website, "place": old });
        assert_eq!(board.api.get(&path).await.expect(200), stored);
        assert_eq!(ada.api.patch(&path, &json!({})).await.expect(200), stored);
        let mut wanted = stored;
        for (field, mended) in
            [("place", json!("Bern")), ("website", json!("https://engines.example/")), ("name", json!("Engines Ltd"))]
        {
            // What is not named stays, and does not hold up what is.
            wanted[field] = mended.clone();
            assert_eq!(ada.api.patch(&path, &json!({ field: mended })).await.expect(200), wanted, "{field}");
        }
        assert_eq!(board.api.get(&path).await.expect(200), wanted);
        assert_eq!(board.api.get(&job).await.expect(200)["company_name"], "Engines Ltd");
    }
}

#[tokio::test]
async fn a_name_of_an_older_rule_can_be_read_and_mended() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for old in OLD {
        board.run(&format!("UPDATE people SET name = '{old}' WHERE id = '{}'", ada.person.id)).await;
        assert_eq!(ada.api.get("/v1/me").await.expect(200)["name"], old);
        assert_eq!(ada.api.patch("/v1/me", &json!({})).await.expect(200)["name"], old);
        assert_eq!(ada.api.patch("/v1/me", &json!({ "name": "Ada" })).await.expect(200)["name"], "Ada");
    }
}
