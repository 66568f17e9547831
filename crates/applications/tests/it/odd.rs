//! Whatever is sent, the answer is the caller's fault or a good one: never ours.

use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use testbed::http::{Answer, odd_values};

use super::board::{Board, NOWHERE};

fn judge(answer: &Answer, what: &str) {
    let what: String = what.chars().take(200).collect();
    assert!((200..500).contains(&answer.status), "{what}: {answer:?}");
    if answer.status >= 400 {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}: {answer:?}");
        assert!(answer.json()["trace_id"].is_string(), "{what}: {answer:?}");
    }
    if answer.status == 422 {
        assert!(!answer.wrong().is_empty(), "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn odd_values_in_any_field_are_never_our_failure() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let bodies = odd_values().into_iter().flat_map(|value| {
        [
            format!("{{\"letter\":{value}}}"),
            format!("{{\"letter\":\"Dear all\",\"letter\":{value}}}"),
            format!("{{\"letter\":\"Dear all\",\"other\":{value}}}"),
            format!("{{{value}:1}}"),
            value,
        ]
    });
    // One job that is there and one that is not.
    let paths = [&employer.job, NOWHERE].map(|job| format!("/v1/jobs/{job}/applications"));
    let sent = bodies.flat_map(|body| paths.clone().map(|path| (path, body.clone()))).map(|(path, body)| {
        let client = &ada.applications;
        async move { judge(&client.send(Method::POST, &path, body.clone()).await, &body) }
    });
    stream::iter(sent).buffer_unordered(4).collect::<Vec<()>>().await;
    assert!(board.written(&ada).await[0] <= 1);
}

#[tokio::test]
async fn odd_paths_and_queries_are_never_our_failure() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for odd in odd_values().iter().filter(|value| value.len() < 2_000) {
        let odd: String = odd.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [
            format!("/v1/jobs/{odd}/applications"),
            format!("/{odd}"),
            format!("/v1/applications?limit={odd}"),
            format!("/v1/applications?cursor={odd}"),
            format!("/v1/applications?{odd}={odd}"),
        ] {
            judge(&ada.applications.get(&path).await, &path);
        }
        judge(&ada.apply(&odd, "Dear all").await, &odd);
    }
    for query in ["%", "%f", "%ff=%ff", "limit=%80", "&&&", "=", "limit", "cursor=%C3%28", "limit[]=1"] {
        judge(&ada.applications.get(&format!("/v1/applications?{query}")).await, query);
    }
}
