//! The control surface.

use actix_web::test::TestRequest;
use resend_stand_in::Behaviour;
use serde_json::json;

use super::stand_in::StandIn;

#[actix_web::test]
async fn deliveries_are_counted_apart_from_requests() {
    let stand_in = StandIn::new(Behaviour::default());
    stand_in.send("ada@a.test", "k").await;
    stand_in.send("ada@a.test", "k").await;
    stand_in.send("nobody", "l").await;
    let report = stand_in.get("/control/deliveries").await.json();
    assert_eq!((&report["count"], &report["requests"]), (&json!(1), &json!(3)));
    let delivery = &report["deliveries"][0];
    assert_eq!(delivery["tags"], json!({"outbox_id": "7"}));
    assert_eq!(delivery["headers"], json!({"List-Unsubscribe": "<https://b.test/u>"}));
    assert_eq!((&delivery["idempotency_key"], &delivery["number"]), (&json!("k"), &json!(1)));
    assert_eq!(delivery["delivered_at"], "1970-01-01T00:00:00Z");
}

#[actix_web::test]
async fn deleting_the_deliveries_empties_the_inbox() {
    let stand_in = StandIn::new(Behaviour::default());
    stand_in.send("ada@a.test", "k").await;
    assert_eq!(stand_in.call(TestRequest::delete().uri("/control/deliveries")).await.status, 204);
    let report = stand_in.get("/control/deliveries").await.json();
    assert_eq!(report, json!({"count": 0, "requests": 0, "deliveries": []}));
}

#[actix_web::test]
async fn a_change_answers_the_whole_behaviour() {
    let stand_in = StandIn::new(Behaviour { rate_limit: Some(9), ..Behaviour::default() });
    let fault = json!({"status": 503, "name": "service_unavailable"});
    let changed = stand_in.behave(json!({"fail_rate": 0.5, "fail_next": [fault]})).await;
    let behaviour = changed.json();
    assert_eq!((&behaviour["fail_rate"], &behaviour["rate_limit"]), (&json!(0.5), &json!(9)));
    assert_eq!(behaviour["fail_next"][0]["status"], 503);
    assert_eq!(stand_in.get("/control/behaviour").await.json(), behaviour);
}

#[actix_web::test]
async fn a_mistaken_change_is_refused_in_words() {
    let stand_in = StandIn::new(Behaviour::default());
    for bad in [json!({"fail_rate": 2}), json!({"latency": 1}), json!({"fail_next": [{"status": 99}]})] {
        assert_eq!(stand_in.behave(bad).await.problem(), (400, "validation_error".to_owned()));
    }
}

#[actix_web::test]
async fn a_scripted_fault_is_answered_as_written() {
    let stand_in = StandIn::new(Behaviour::default());
    let fault = json!({"status": 429, "name": "daily_quota_exceeded", "retry_after_s": 3600});
    stand_in.behave(json!({"fail_next": [fault]})).await;
    let answer = stand_in.send("ada@a.test", "k").await;
    assert_eq!(answer.problem(), (429, "daily_quota_exceeded".to_owned()));
    assert_eq!(answer.header("retry-after"), "3600");
}

#[actix_web::test]
async fn a_dropped_connection_breaks_the_answer_off() {
    let stand_in = StandIn::new(Behaviour::default());
    let fault = json!({"drop_connection": true, "after_acceptance": true});
    stand_in.behave(json!({"fail_next": [fault]})).await;
    assert!(stand_in.send("ada@a.test", "k").await.text.is_none());
    assert_eq!(stand_in.send("ada@a.test", "k").await.status, 200);
    assert_eq!(stand_in.get("/control/deliveries").await.json()["count"], 1);
}

#[actix_web::test]
async fn the_control_surface_never_shows_the_key() {
    let api_key = Some("re_secret".to_owned());
    let stand_in = StandIn::new(Behaviour { api_key, ..Behaviour::default() });
    for path in ["/control/behaviour", "/control/deliveries"] {
        assert!(!stand_in.get(path).await.text().contains("re_secret"), "{path}");
    }
}

#[actix_web::test]
async fn a_control_path_knows_only_its_methods() {
    let stand_in = StandIn::new(Behaviour::default());
    for path in ["/control/behaviour", "/control/deliveries", "/inbox.json", "/"] {
        let answer = stand_in.call(TestRequest::put().uri(path)).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()), "{path}");
    }
}
