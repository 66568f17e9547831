//! Parameters of lists that are wrong.

use super::board::Board;

#[tokio::test]
async fn every_wrong_parameter_is_named() {
    let board = Board::new().await;
    let employer = board.employer().await;
    let client = &employer.member.applications;
    let (before, beyond) = (format!("{}8", "_".repeat(42)), format!("f{}8", "_".repeat(41)));
    for list in ["/v1/applications".to_owned(), format!("/v1/jobs/{}/applications", employer.job)] {
        let wrong = async |query: &str| client.get(&format!("{list}?{query}")).await.wrong();
        for limit in ["", "0", "101", "-1", "x", "1.5", "99999999999999999999", "%00", "null"] {
            assert_eq!(wrong(&format!("limit={limit}")).await, ["limit"], "{limit}");
        }
        for cursor in ["", "x", "%00", "null", "AAAA", &before, &beyond] {
            assert_eq!(wrong(&format!("cursor={cursor}")).await, ["cursor"], "{cursor}");
        }
        assert_eq!(wrong("limit=5&limit=6").await, ["limit"]);
        assert_eq!(
            wrong("cursor=x&limit=0&person_id=y&status=received").await,
            ["cursor", "limit", "person_id", "status"]
        );
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_shows_nothing_that_is_not_ones_own() {
    let board = Board::new().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    for _ in 0..2 {
        let employer = board.employer().await;
        ada.apply(&employer.job, "Ada's").await.expect(201);
        bob.apply(&employer.job, "Bob's").await.expect(201);
    }
    let page = ada.applications.get("/v1/applications?limit=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().expect("there is more");
    let of_bob = bob.applications.get(&format!("/v1/applications?cursor={cursor}")).await.expect(200);
    let of_bob: Vec<String> =
        of_bob["items"].as_array().expect("items").iter().map(|item| item["id"].to_string()).collect();
    for id in of_bob {
        let id = id.trim_matches('"');
        let whose = board.text(&format!("SELECT person_id::text FROM applications WHERE id = '{id}'")).await;
        assert_eq!(whose, bob.person.id);
    }
}
