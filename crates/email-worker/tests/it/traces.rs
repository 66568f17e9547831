//! What the worker says of its mails.

use platform::telemetry::context;
use testbed::otlp::{Kind, Receiver};
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, command, settled};

const CAUSE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CAUSE_SPAN: &str = "00f067aa0ba902b7";

#[actix_web::test]
async fn a_mail_is_a_span_of_its_cause_and_links_to_the_trace_of_its_batch() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let receiver = Receiver::start().expect("a receiver");
    board.ask_to_sign_in("ada@example.com", Some(&format!("00-{CAUSE}-{CAUSE_SPAN}-01"))).await;
    let worker = command(&board, &resend).env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let worker = worker.start().expect("it starts");
    settled(&board).await;
    let cause = receiver.wait_for(CAUSE, |trace| !trace.spans().is_empty(), PATIENCE).await.expect("the mail's span");
    let [mail] = cause.spans() else { panic!("{} spans instead of one", cause.spans().len()) };
    assert_eq!(
        (mail.name.as_str(), mail.kind, mail.parent_id.as_deref()),
        ("send mail", Kind::Consumer, Some(CAUSE_SPAN))
    );
    for (name, value) in [
        ("app.mail.outcome", "sent"),
        ("messaging.system", "outbox"),
        ("messaging.operation.name", "send"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "mail"),
    ] {
        assert_eq!(mail.attribute(name), value, "{name}");
    }
    assert_eq!((mail.attribute("error.type"), &mail.error), ("", &None));
    let (batch, root) = &mail.links[0];
    let batch = receiver.wait_for(batch, |trace| !trace.roots().is_empty(), PATIENCE).await.expect("the batch's trace");
    let names: Vec<&str> = batch.spans().iter().map(|span| span.name.as_str()).collect();
    for name in ["mail batch", "claim mails", "mark batch", "POST /emails/batch", "settle sent batch"] {
        assert_eq!(batch.named(name).len(), 1, "{name} in {names:?}");
    }
    assert!(batch.orphans().is_empty() && batch.roots()[0].span_id == *root);
    assert!(batch.outliving_children(std::time::Duration::ZERO, |_| false).is_empty());
    let post = batch.named("POST /emails/batch")[0];
    let claim = batch.named("claim mails")[0];
    assert!(
        claim.attribute("db.query.text").starts_with("WITH wanted AS") && !claim.attribute("server.port").is_empty()
    );
    assert!(post.attribute("url.full").ends_with("/emails/batch"), "{post:?}");
    assert!(mail.start <= post.start && post.end <= mail.end, "the mail has the times of its post");
    // Its line belongs to the batch's trace.
    let line = worker.wait_for_line("batch settled", PATIENCE).await.expect("a line");
    assert!(line.contains(batch.id()), "{line}");
}

#[actix_web::test]
async fn a_claim_brings_what_came_along_with_the_cause() {
    let board = Board::new().await;
    let parent = format!("00-{CAUSE}-{CAUSE_SPAN}-03");
    board.ask_to_sign_in("ada@example.com", Some(&parent)).await;
    board.client.batch_execute("UPDATE outbox SET tracestate = 'a=1'").await.expect("it is ours");
    let claimed = board.store().claim(&["sign_in_link"], 1, PATIENCE).await.expect("an answer").expect("a batch");
    let [mail] = &claimed.mails[..] else { panic!("one mail") };
    let cause = mail.traceparent.as_deref().and_then(|parent| context::from_row(parent, mail.tracestate.as_deref()));
    let written = context::Written::of(&cause.expect("a trace"));
    assert_eq!(written, Some(context::Written { traceparent: parent, tracestate: Some("a=1".to_owned()) }));
}

#[actix_web::test]
async fn an_idle_worker_makes_no_spans() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let receiver = Receiver::start().expect("a receiver");
    let worker = command(&board, &resend).env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let worker = worker.start().expect("it starts");
    let looks = format!(
        "SELECT coalesce(sum(xact_commit), 0)::bigint FROM pg_stat_database WHERE datname = '{}'",
        board.database
    );
    let first = board.number(&looks).await;
    // Statistics come in about once a second: by then it has looked twenty times.
    wait::until(PATIENCE, "looks", async || board.number(&looks).await > first + 40).await.expect("it looks");
    worker.stop(PATIENCE).await.expect("it ends, and has flushed its spans");
    let names: Vec<String> = receiver.spans().into_iter().map(|span| span.name).collect();
    assert!(names.is_empty(), "{names:?}");
}
