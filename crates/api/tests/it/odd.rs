//! Whatever is sent, the answer is the caller's fault or a good one: never ours.

use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::{Answer, Client, odd_values};

use super::board::{Board, address, job};

struct Endpoint {
    method: Method,
    path: String,
    /// A body that is good.
    body: Value,
}

impl Endpoint {
    fn new(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body }
    }

    /// The good body with another value in a field, as it is and a second time after the good one.
    fn bodies(&self, field: &str, value: &str) -> [String; 2] {
        let mut others = self.body.clone();
        let good = others.as_object_mut().expect("an object").remove(field).expect("the field");
        let others = others.to_string();
        let others = others.trim_start_matches('{').trim_end_matches('}');
        let comma = if others.is_empty() { "" } else { "," };
        [
            format!("{{\"{field}\":{value}{comma}{others}}}"),
            format!("{{\"{field}\":{good},\"{field}\":{value}{comma}{others}}}"),
        ]
    }
}

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

/// Sends them all, a few at a time.
async fn send(api: &Client, method: &Method, path: &str, bodies: Vec<String>) {
    let sent = bodies.into_iter().map(|body| async move {
        let answer = api.send(method.clone(), path, body.clone()).await;
        judge(&answer, &format!("{method} {path} {body}"));
    });
    stream::iter(sent).buffer_unordered(4).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn odd_values_in_any_field_are_never_our_failure() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    let draft = format!("/v1/jobs/{}", ada.draft(&company).await);
    let own = format!("/v1/companies/{company}");
    let mut change = job(&company);
    change.as_object_mut().expect("an object").remove("company_id");
    let company = json!({ "name": "Engines Ltd", "website": "https://engines.example", "place": "London" });
    for endpoint in [
        Endpoint::new(Method::POST, "/v1/sign-in", json!({ "email": address() })),
        Endpoint::new(Method::POST, "/v1/sessions", json!({ "token": "x" })),
        Endpoint::new(Method::PATCH, "/v1/me", json!({ "name": "Ada" })),
        Endpoint::new(Method::POST, "/v1/companies", company.clone()),
        Endpoint::new(Method::PATCH, own, company),
        Endpoint::new(Method::POST, "/v1/jobs", job(&ada.company().await)),
        Endpoint::new(Method::PATCH, draft.as_str(), change),
    ] {
        let fields = endpoint.body.as_object().expect("an object").keys();
        for field in fields {
            let bodies = odd_values().iter().flat_map(|value| endpoint.bodies(field, value)).collect();
            send(&ada.api, &endpoint.method, &endpoint.path, bodies).await;
        }
        send(&ada.api, &endpoint.method, &endpoint.path, odd_values()).await;
        let names = odd_values().iter().map(|name| format!("{{{name}:1}}")).collect();
        send(&ada.api, &endpoint.method, &endpoint.path, names).await;
    }
}

#[tokio::test]
async fn odd_paths_and_queries_are_never_our_failure() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for odd in odd_values().iter().filter(|value| value.len() < 2_000) {
        let odd: String = odd.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [
            format!("/v1/jobs/{odd}"),
            format!("/v1/companies/{odd}"),
            format!("/{odd}"),
            format!("/problems/{odd}"),
            format!("/v1/jobs?limit={odd}"),
            format!("/v1/jobs?cursor={odd}"),
            format!("/v1/companies?{odd}={odd}"),
        ] {
            judge(&ada.api.get(&path).await, &path);
        }
        judge(&ada.api.step(&format!("/v1/jobs/{odd}/publish")).await, &odd);
    }
    for query in
        ["%", "%f", "%ff=%ff", "limit=%80", "&&&", "=", "limit", "cursor=%C3%28", "limit[]=1", "limit=1;cursor=2"]
    {
        judge(&ada.api.get(&format!("/v1/jobs?{query}")).await, query);
    }
}
