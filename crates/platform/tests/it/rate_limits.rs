//! Rate limits: so many requests a minute for each person, and for each client address without one.

use std::time::Duration;

use super::support::{Database, Request, Running, bare, database};

const PERSON: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

fn me(database: &Database, person: &str) -> Request {
    let token = database.keys.mint(person, Duration::from_secs(60));
    Request::new("GET", "/me").header("Authorization", &format!("Bearer {token}"))
}

async fn status(function: &Running, request: &Request) -> u16 {
    request.ask(function.address).await.status
}

/// Guards: person rate limit.
#[tokio::test]
async fn a_person_who_sends_too_many_is_told_when_to_come_back() {
    let database = database().await;
    let function = database.small().await.env("PERSON_REQUESTS_MAX", "3").ready().await;
    let (request, other) = (me(&database, PERSON), me(&database, OTHER));
    for _ in 0..3 {
        assert_eq!(status(&function, &request).await, 200);
    }
    let refused = request.ask(function.address).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""person";q=3;w=60"#));
    let wait = refused.header("retry-after").expect("when to come back");
    assert!(wait.parse::<u32>().is_ok_and(|seconds| (1..=20).contains(&seconds)), "{}", refused.head);
    assert_eq!(refused.header("ratelimit"), Some(format!(r#""person";r=0;t={wait}"#).as_str()));
    assert_eq!(status(&function, &other).await, 200, "from the same address, and his own allowance");
    for path in ["/healthz", "/readyz", "/routable", "/version"] {
        assert_eq!(function.get(path).await.status, 200, "{path} is for everybody, always");
    }
    let metric = |verdict| format!(r#"board_quota_verdicts_total{{quota="person",verdict="{verdict}"}}"#);
    assert_eq!(function.metric(&metric("allowed")).await, Some(4.0));
    assert_eq!(function.metric(&metric("refused")).await, Some(1.0));
}

#[tokio::test]
async fn without_a_good_token_the_address_is_counted() {
    let database = database().await;
    let function = database.small().await.env("ADDRESS_REQUESTS_MAX", "2").ready().await;
    let bad_token = Request::new("GET", "/me").header("Authorization", "Bearer x");
    assert_eq!(status(&function, &bad_token).await, 401, "a bad token is nobody's");
    assert_eq!(function.get("/rows").await.status, 200);
    let refused = function.get("/rows").await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""address";q=2;w=60"#));
    assert_eq!(status(&function, &bad_token).await, 429);
    assert_eq!(status(&function, &me(&database, PERSON)).await, 200, "who is signed in has an allowance of his own");
    assert!(!function.output().contains("127.0.0.1\""), "{}", function.output());
}

/// Guards: address rate limit.
#[tokio::test]
async fn behind_flys_proxy_its_clients_are_told_apart_and_a_stranger_cannot_pass_for_many() {
    let from = |address: &str| Request::new("GET", "/work/0").header("Fly-Client-IP", address);
    let behind = bare().env("CLIENT_ADDRESS", "fly").env("ADDRESS_REQUESTS_MAX", "1").ready().await;
    assert_eq!(status(&behind, &from("192.0.2.1")).await, 200);
    assert_eq!(status(&behind, &from("192.0.2.1")).await, 429);
    assert_eq!(status(&behind, &from("192.0.2.2")).await, 200);
    assert!(!behind.output().contains("192.0.2."), "{}", behind.output());
    let open = bare().env("ADDRESS_REQUESTS_MAX", "1").ready().await;
    assert_eq!(status(&open, &from("192.0.2.1")).await, 200);
    assert_eq!(status(&open, &from("192.0.2.2")).await, 429);
}
