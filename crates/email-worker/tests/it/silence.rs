//! What goes wrong without anybody asking is told: once a minute, by its class.

use serde_json::{Value, json};
use testbed::process::Process;
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, command, metric, settled};

fn lines(worker: &Process, message: &str) -> Vec<Value> {
    let lines = worker.output();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"].as_str().is_some_and(|text| text.starts_with(message))).collect()
}

#[actix_web::test]
async fn a_key_that_resend_refuses_is_one_error_and_costs_no_mail() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let refusal = json!({ "status": 401, "name": "restricted_api_key" });
    resend.fail_next(&[refusal.clone(), refusal]).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let metrics = testbed::port::free_port();
    let worker = command(&board, &resend).env("METRICS_LISTEN", format!("127.0.0.1:{metrics}"));
    let worker = worker.start().expect("it starts");
    settled(&board).await;
    assert_eq!(board.in_state("sent").await, 1);
    let told = lines(&worker, "Resend refuses us");
    assert_eq!(told.len(), 1, "{}", worker.output());
    assert_eq!((&told[0]["level"], &told[0]["class"]), (&json!("error"), &json!("restricted_api_key")));
    let retried = r#"board_mails_total{kind="sign_in_link",outcome="retried",reason="restricted_api_key"}"#;
    assert_eq!(metric(metrics, retried).await, Some(2.0));
    assert!(!worker.output().contains("re_test"), "{}", worker.output());
}

#[actix_web::test]
async fn dead_mails_are_one_warning_by_reason_and_all_are_counted() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.fail_next(&vec![json!({ "status": 422, "name": "validation_error" }); 4]).await;
    for number in 0..4 {
        board.ask_to_sign_in(&format!("p{number}@example.com"), None).await;
    }
    let metrics = testbed::port::free_port();
    let worker =
        command(&board, &resend).env("METRICS_LISTEN", format!("127.0.0.1:{metrics}")).env("MAILS_PER_BATCH", "1");
    let worker = worker.start().expect("it starts");
    settled(&board).await;
    let told = lines(&worker, "mails ended unsent");
    assert_eq!(told.len(), 1, "{}", worker.output());
    assert_eq!(
        (&told[0]["level"], &told[0]["class"], &told[0]["count"]),
        (&json!("warn"), &json!("validation_error"), &json!(1))
    );
    let dead = r#"board_mails_total{kind="sign_in_link",outcome="dead",reason="validation_error"}"#;
    wait::until(PATIENCE, "counted", async || metric(metrics, dead).await == Some(4.0)).await.expect("it is counted");
    assert!(!worker.output().contains("@example.com"), "{}", worker.output());
}

#[actix_web::test]
async fn a_lease_that_is_lost_is_told() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.behave(json!({ "latency_ms": 500 })).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let worker = command(&board, &resend).start().expect("it starts");
    wait::until(PATIENCE, "posted", async || resend.posts().await == 1).await.expect("it is posted");
    // As another worker does that takes the batch over.
    board.run("UPDATE mail_batches SET fence = fence + 1").await;
    let told = async || lines(&worker, "the lease of a batch was lost").pop();
    let told = wait::until_some(PATIENCE, "the lost lease", told).await.expect("it is told");
    assert_eq!((&told["level"], &told["class"]), (&json!("warn"), &json!("taken_over")));
}
