//! Resend's API.

use std::time::Duration;

use actix_web::test::TestRequest;
use resend_stand_in::{Behaviour, LARGEST_BODY};
use serde_json::json;

use super::stand_in::{StandIn, authorized, mail};

#[actix_web::test]
async fn a_mail_is_accepted_and_can_be_looked_up() {
    let stand_in = StandIn::new(Behaviour::default());
    let sent = stand_in.send("ada@a.test", "k").await;
    assert_eq!(sent.status, 200);
    let id = sent.json()["id"].as_str().map(str::to_owned).expect("an id");
    let found = stand_in.call(authorized(TestRequest::get().uri(&format!("/emails/{id}")))).await.json();
    assert_eq!(found["last_event"], "delivered");
    assert_eq!((&found["to"], &found["id"]), (&json!(["ada@a.test"]), &json!(id)));
    assert_eq!(found["tags"], json!([{"name": "outbox_id", "value": "7"}]));
}

#[actix_web::test]
async fn an_unknown_mail_is_not_found() {
    let stand_in = StandIn::new(Behaviour::default());
    let look = |id: &str| authorized(TestRequest::get().uri(&format!("/emails/{id}")));
    let unknown = "00000000-0000-4000-8000-000000000000";
    assert_eq!(stand_in.call(look(unknown)).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(stand_in.call(look("7")).await.problem(), (422, "invalid_parameter".to_owned()));
    for elsewhere in ["metrics", "receiving"] {
        let refused = stand_in.call(look(elsewhere)).await;
        assert_eq!(refused.problem(), (422, "invalid_parameter".to_owned()));
        assert!(refused.text().contains("not supported by this stand-in"), "{}", refused.text());
    }
}

#[actix_web::test]
async fn a_batch_answers_an_id_for_each_mail() {
    let stand_in = StandIn::new(Behaviour::default());
    let mails = json!([mail("ada@a.test"), mail("bob@a.test")]);
    let sent = stand_in.call(authorized(TestRequest::post().uri("/emails/batch")).set_json(mails)).await;
    assert_eq!((sent.status, sent.json()["data"].as_array().map(Vec::len)), (200, Some(2)));
}

#[actix_web::test]
async fn callers_must_say_who_they_are() {
    let stand_in = StandIn::new(Behaviour::default());
    let post = || TestRequest::post().uri("/emails").set_json(mail("ada@a.test"));
    let nameless = post().insert_header(("authorization", "Bearer re_test"));
    assert_eq!(stand_in.call(nameless).await.status, 403);
    let keyless = post().insert_header(("user-agent", "test"));
    assert_eq!(stand_in.call(keyless).await.problem(), (401, "missing_api_key".to_owned()));
    let stand_in = StandIn::new(Behaviour { api_key: Some("re_other".to_owned()), ..Behaviour::default() });
    assert_eq!(stand_in.call(authorized(post())).await.status, 401);
}

#[actix_web::test]
async fn unknown_paths_and_methods_are_problems() {
    let stand_in = StandIn::new(Behaviour::default());
    assert_eq!(stand_in.get("/nowhere").await.problem(), (404, "not_found".to_owned()));
    for path in ["/emails", "/emails/batch"] {
        let refused = stand_in.get(path).await;
        assert_eq!((refused.problem(), refused.header("allow")), ((405, "method_not_allowed".to_owned()), "POST"));
    }
}

#[actix_web::test]
async fn a_body_over_a_megabyte_is_too_large() {
    let stand_in = StandIn::new(Behaviour::default());
    let large = authorized(TestRequest::post().uri("/emails")).set_payload(vec![b' '; LARGEST_BODY + 1]);
    assert_eq!(stand_in.call(large).await.problem(), (413, "validation_error".to_owned()));
    let full = authorized(TestRequest::post().uri("/emails")).set_payload(vec![b' '; LARGEST_BODY]);
    assert_eq!(stand_in.call(full).await.problem(), (400, "validation_error".to_owned()));
}

#[actix_web::test]
async fn every_answer_tells_the_rate() {
    let stand_in = StandIn::new(Behaviour { rate_limit: Some(1), ..Behaviour::default() });
    let first = stand_in.send("ada@a.test", "k").await;
    assert_eq!((first.status, first.header("ratelimit-remaining")), (200, "0"));
    assert_eq!((first.header("ratelimit-limit"), first.header("ratelimit-policy")), ("1", "1;w=1"));
    let refused = stand_in.send("ada@a.test", "k").await;
    assert_eq!(refused.problem(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit-reset")), ("1", "1"));
}

#[actix_web::test]
async fn while_a_request_is_under_way_its_key_is_taken() {
    tokio::time::pause();
    let latency = Duration::from_secs(6);
    let stand_in = StandIn::new(Behaviour { latency, ..Behaviour::default() });
    let begun = tokio::time::Instant::now();
    let (first, second) = tokio::join!(stand_in.send("ada@a.test", "k"), stand_in.send("ada@a.test", "k"));
    assert_eq!((first.status, begun.elapsed() >= latency), (200, true));
    assert_eq!(second.problem(), (409, "concurrent_idempotent_requests".to_owned()));
    let third = stand_in.send("ada@a.test", "k").await;
    assert_eq!(third.json(), first.json());
    assert_eq!(stand_in.get("/control/deliveries").await.json()["count"], 1);
}

#[actix_web::test]
async fn a_key_that_is_no_text_is_refused() {
    let stand_in = StandIn::new(Behaviour::default());
    let request = authorized(TestRequest::post().uri("/emails")).set_json(mail("ada@a.test"));
    let key = actix_web::http::header::HeaderValue::from_bytes(b"\xff").expect("a legal header");
    let answer = stand_in.call(request.insert_header(("idempotency-key", key))).await;
    assert_eq!(answer.problem(), (400, "invalid_idempotency_key".to_owned()));
}
