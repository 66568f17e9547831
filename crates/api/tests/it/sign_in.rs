//! `POST /v1/sign-in`: a mail for every address, and the same answer.

use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::Answer;
use uuid::Uuid;

use super::board::{Board, PATIENCE, address};

async fn asked(board: &Board, email: &str) -> Answer {
    board.api.post("/v1/sign-in", &json!({ "email": email })).await
}

#[tokio::test]
async fn every_well_formed_address_is_accepted() {
    let board = Board::new().await;
    let unique = Uuid::new_v4().simple().to_string();
    let longest = format!("{}@{}.{}.{}.org", &unique.repeat(2), "a".repeat(63), "b".repeat(63), "c".repeat(57));
    assert_eq!(longest.len(), 254);
    for email in [
        format!("{unique}@people.example"),
        format!("  {unique}@people.example \n"),
        format!("{unique}.!#$%&'*+-/=?^_`{{|}}~@people.example"),
        format!("{unique}@xn--bcher-kva.people.example"),
        format!("{unique}@bücher.people.example"),
        longest,
    ] {
        let answer = asked(&board, &email).await;
        assert_eq!((answer.status, answer.text.as_str()), (202, ""), "{email}");
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused_and_nothing_is_written() {
    let board = Board::new().await;
    let unique = Uuid::new_v4().simple().to_string();
    let long = format!("{}@people.example", unique.repeat(3));
    let too_long =
        format!("{unique}@{}.org", ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(63)].join("."));
    let texts = [
        "",
        "   ",
        "@",
        "UNIQUE",
        "UNIQUE@",
        "@UNIQUE.example",
        "UNIQUE@example",
        "UNIQUE@@people.example",
        "UNIQUE @people.example",
        ".UNIQUE@people.example",
        "UNIQUE.@people.example",
        "UNIQUE..a@people.example",
        "UNIQUE@-a.example",
        "UNIQUE@a-.example",
        "UNIQUE@a..example",
        "UNIQUE@people.example.",
        "UNIQUE@[127.0.0.1]",
        "\"UNIQUE\"@people.example",
        "<UNIQUE@people.example>",
        "Ada <UNIQUE@people.example>",
        "ä-UNIQUE@people.example",
        "UNIQUE@xn--bcher-kv.example",
        "UNIQUE@xn--a.example",
        "UNIQUE@people.example\r\nBcc: eve@people.example",
        "UNIQUE\u{0}@people.example",
        "UNIQUE@people.example, eve@people.example",
        long.as_str(),
        too_long.as_str(),
    ];
    let texts = texts.map(|text| Value::from(text.replace("UNIQUE", &unique)));
    let others = [Value::Null, json!(7), json!(true), json!([format!("{unique}@people.example")]), json!({})];
    for email in texts.into_iter().chain(others) {
        let answer = board.api.post("/v1/sign-in", &json!({ "email": email })).await;
        assert_eq!(answer.wrong(), ["#/email"], "{email}");
    }
    assert_eq!(board.api.post("/v1/sign-in", &json!({})).await.wrong(), ["#/email"]);
    assert_eq!(board.number(&format!("SELECT count(*) FROM sign_ins WHERE email LIKE '%{unique}%'")).await, 0);
}

#[tokio::test]
async fn nobody_learns_from_the_answer_whether_an_address_is_known() {
    let board = Board::new().await;
    let known = board.someone().await.person.email;
    let (known, unknown) = (asked(&board, &known).await, asked(&board, &address()).await);
    let headers = |answer: &Answer| {
        let all = answer.headers.iter().filter(|(name, _)| *name != "date");
        let mut all: Vec<_> = all.map(|(name, value)| format!("{name}: {value:?}")).collect();
        all.sort();
        all
    };
    assert_eq!((known.status, &known.text, headers(&known)), (unknown.status, &unknown.text, headers(&unknown)));
}

#[tokio::test]
async fn the_same_is_done_for_a_known_address_and_an_unknown_one() {
    let board = Board::new().await;
    let known = board.someone().await.person.email;
    let mut work = Vec::new();
    for email in [known, address()] {
        let trace = traced(&board, &email).await;
        let whole = |trace: &testbed::otlp::Trace| trace.named("POST /v1/sign-in").len() == 1;
        let trace = board.whole.servers.otlp.wait_for(&trace, whole, PATIENCE).await.expect("a trace");
        let names: Vec<String> = trace.spans().iter().map(|span| span.name.clone()).collect();
        work.push(names);
    }
    assert_eq!(work[0], work[1]);
    assert!(work[0].contains(&"insert sign-in and its mail".to_owned()), "{work:?}");
}

/// Asks with a trace of one's own; its id.
async fn traced(board: &Board, email: &str) -> String {
    let trace = Uuid::new_v4().simple().to_string();
    let request = board.api.request(Method::POST, "/v1/sign-in").json(&json!({ "email": email }));
    let request = request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01")).header("tracestate", "a=1");
    assert_eq!(Answer::to(request).await.status, 202);
    trace
}

#[tokio::test]
async fn the_mail_to_be_sent_holds_ids_alone_and_the_trace_of_the_request() {
    let board = Board::new().await;
    let email = address();
    let trace = traced(&board, &email).await;
    let sql = "SELECT o.kind, o.priority, o.payload, o.traceparent, o.state, o::text, s.id, s.key_id,
                o.send_before BETWEEN now() + interval '9 minutes' AND now() + interval '10 minutes',
                s.expires_at BETWEEN now() + interval '14 minutes' AND now() + interval '15 minutes',
                o.tracestate
         FROM sign_ins s JOIN outbox o ON o.reason = 'sign-in:' || s.id WHERE s.email = $1";
    let row = board.rows.query_one(sql, &[&email]).await.expect("one sign-in with one mail");
    assert_eq!((row.get::<_, &str>(0), row.get::<_, i16>(1), row.get::<_, &str>(4)), ("sign_in_link", 0, "queued"));
    let (id, key_id): (Uuid, &str) = (row.get(6), row.get(7));
    assert_eq!(row.get::<_, Value>(2), json!({ "sign_in_id": id, "key_id": key_id }));
    assert!(row.get::<_, &str>(3).starts_with(&format!("00-{trace}-")), "another trace");
    assert_eq!(row.get::<_, &str>(10), "a=1");
    assert!(row.get::<_, bool>(8) && row.get::<_, bool>(9), "other times than 10 and 15 minutes");
    let token = board.sign_in_keys().token(contracts::ids::SignInId(id), key_id).expect("its key is known");
    let whole: &str = row.get(5);
    assert!(!whole.contains(&email) && !whole.contains(&token), "{whole}");
}

#[tokio::test]
async fn unknown_fields_are_named_beside_the_wrong_ones() {
    let board = Board::new().await;
    let answer = board.api.post("/v1/sign-in", &json!({ "email": "ada", "e/m~ail": 1, "redirect": "x" })).await;
    assert_eq!(answer.wrong(), ["#/email", "#/e~1m~0ail", "#/redirect"]);
}
