use super::*;
use crate::http::edge::once;
use actix_web::body::to_bytes;
use actix_web::http::header::{HeaderName, HeaderValue};

#[derive(Debug, thiserror::Error)]
#[error("the store failed")]
struct Outer(#[source] std::num::ParseIntError);

fn one(head: &HttpResponse<()>, name: HeaderName) -> &HeaderValue {
    once(head.headers().get_all(name)).expect("at most one").expect("a header")
}

async fn answered(problem: Problem) -> (HttpResponse<()>, Value) {
    let (head, body) = problem.error_response().into_parts();
    let bytes = to_bytes(body).await.expect("a body in memory");
    (head, serde_json::from_slice(&bytes).expect("JSON"))
}

#[actix_web::test]
async fn every_wrong_value_is_named() {
    let wrong = |source, detail: &str| WrongValue { source, detail: detail.to_owned() };
    let problem = Problem::from(VALIDATION_FAILED).wrong([
        wrong(Source::Body("a/b~c".to_owned()), "is missing"),
        wrong(Source::Query("limit".to_owned()), "wanted 1 to 100"),
    ]);
    let (_, body) = answered(problem).await;
    insta::assert_json_snapshot!(body, @r##"
    {
      "errors": [
        {
          "detail": "is missing",
          "pointer": "#/a~1b~0c"
        },
        {
          "detail": "wanted 1 to 100",
          "parameter": "limit"
        }
      ],
      "status": 422,
      "title": "Some values are not as wanted",
      "type": "/problems/validation-failed"
    }
    "##);
}

#[actix_web::test]
async fn the_text_of_a_5xx_is_fixed_and_its_cause_is_for_the_log() {
    let cause = Outer("x".parse::<u8>().expect_err("not a number"));
    let problem = Problem::internal(&cause).detail("table people is on fire");
    assert_eq!(problem.cause(), Some("the store failed: invalid digit found in string"));
    let (head, body) = answered(problem).await;
    assert_eq!(head.status(), 500);
    assert!(!body.to_string().contains("fire") && !body.to_string().contains("store"), "{body}");
}

#[actix_web::test]
async fn retry_after_is_in_whole_seconds_rounded_up() {
    for (wait, header) in [(0, "1"), (1_000, "1"), (1_001, "2")] {
        let problem = Problem::from(UNAVAILABLE).retry_after(Duration::from_millis(wait));
        let (head, _) = answered(problem).await;
        assert_eq!(one(&head, RETRY_AFTER), header);
    }
}

#[actix_web::test]
async fn a_401_says_how_to_authenticate() {
    let (head, _) = answered(Problem::from(UNAUTHENTICATED)).await;
    assert_eq!(one(&head, WWW_AUTHENTICATE), "Bearer");
    assert_eq!(one(&head, CONTENT_TYPE), PROBLEM_JSON);
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = ALL.iter().map(|kind| kind.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ALL.len());
}
