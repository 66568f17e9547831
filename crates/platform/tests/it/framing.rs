//! Requests as raw bytes: what may be understood in more than one way is refused and its connection ended, and what is too
//! large is refused at once.

use std::time::{Duration, Instant};

use super::support::{Answer, Connection, Request, Running, bare};

/// Sends these bytes, and reads until the connection ends.
async fn all_answers(function: &Running, bytes: &str) -> Vec<Answer> {
    let mut connection = Connection::open(function.address).await.expect("it listens");
    connection.send(bytes).await.expect("it reads");
    let mut answers = Vec::new();
    while let Ok(answer) = connection.answer().await {
        answers.push(answer);
    }
    assert_eq!(connection.unread(), "", "nothing else is said");
    answers
}

/// One answer, with which the connection ends.
async fn refused(function: &Running, bytes: &str, status: u16, name: &str) {
    let answers = all_answers(function, bytes).await;
    let [answer] = &answers[..] else { panic!("{bytes:?}: {answers:?}") };
    assert_eq!((answer.status, answer.problem().as_str()), (status, name), "{bytes:?}");
    assert!(answer.closes(), "{answer:?}");
}

const SMUGGLED: &str = "GET /work/1 HTTP/1.1\r\nHost: test\r\n\r\n";

#[tokio::test]
async fn what_another_server_may_understand_in_another_way_is_refused_and_nothing_behind_it_is_done() {
    let function = bare().ready().await;
    for fields in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked",
        "Content-Length: 0\r\nContent-Length: 44",
        "Content-Length: 5, 5",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\u{b}chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "Content-Length: +5",
    ] {
        let request = format!("POST /echo HTTP/1.1\r\nHost: test\r\n{fields}\r\n\r\n0\r\n\r\n{SMUGGLED}");
        refused(&function, &request, 400, "bad-request").await;
    }
    for request in [
        "GET /work/1 HTTP/1.1\nHost: test\n\n",
        "GET  /work/1 HTTP/1.1\r\nHost: test\r\n\r\n",
        "GET /work/1 HTTP/1.2\r\nHost: test\r\n\r\n",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "CONNECT test:80 HTTP/1.1\r\nHost: test\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\n",
        "GET /work/1 HTTP/1.1\r\n\r\n",
        "GET /work/1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /work/1 HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /work/1 HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /work/1 HTTP/1.1\r\nHost:\r\n\r\n",
    ] {
        refused(&function, &format!("{request}{SMUGGLED}"), 400, "bad-request").await;
    }
    // What speaks another version is told so; that is no failure of ours.
    for request in ["GET /work/1 HTTP/2.0\r\nHost: test\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        refused(&function, &format!("{request}{SMUGGLED}"), 505, "http-version-not-supported").await;
    }
    assert!(function.requests("GET /work/{ms}").is_empty(), "{}", function.output());
    assert!(!function.output().contains("\"level\":\"error\""), "{}", function.output());
}

#[tokio::test]
async fn chunks_that_are_not_well_formed_are_refused() {
    let function = bare().ready().await;
    let head =
        "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in ["x\r\n", "2\n{}\r\n0\r\n\r\n", "2\r\n{}x", "-2\r\n{}", "0x2\r\n{}\r\n0\r\n\r\n", "0\r\nX: y\n\r\n"] {
        refused(&function, &format!("{head}{body}{SMUGGLED}"), 400, "bad-request").await;
    }
    assert!(!function.output().contains("\"level\":\"error\""), "{}", function.output());
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_has_come() {
    let function = bare().ready().await;
    let post = |fields: &str| {
        format!("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{fields}\r\n\r\n")
    };
    for length in ["65537", "99999999999999999999999"] {
        let waits = post(&format!("Content-Length: {length}\r\nExpect: 100-continue"));
        refused(&function, &waits, 413, "content-too-large").await;
    }
    let chunked = post("Transfer-Encoding: chunked");
    let long = "x".repeat(140_000);
    for (what, body) in [
        ("the size of a chunk", "10001\r\n".to_owned()),
        ("an extension", format!("1;{long}")),
        ("one-byte chunks", "1\r\nx\r\n".repeat(40_000)),
        ("leading zeros", "0".repeat(140_000)),
        ("trailers", format!("0\r\n{}", "X: y\r\n".repeat(40_000))),
    ] {
        let began = Instant::now();
        refused(&function, &format!("{chunked}{body}"), 413, "content-too-large").await;
        assert!(began.elapsed() < Duration::from_secs(4), "{what}: after {:?}", began.elapsed());
    }
    refused(&function, &format!("GET /{long}"), 414, "uri-too-long").await;
    refused(&function, &format!("GET /{} HTTP/1.1\r\nHost: test\r\n\r\n", &long[..9_000]), 414, "uri-too-long").await;
    refused(&function, &format!("GET / HTTP/1.1\r\nX: {long}"), 431, "header-fields-too-large").await;
    let lines = function.requests("POST /echo");
    assert!(lines.iter().all(|line| line["status"] == 413 && line["level"] == "info"), "{lines:?}");
}

#[tokio::test]
async fn an_upgrade_is_ignored() {
    let function = bare().ready().await;
    let mut connection = Connection::open(function.address).await.expect("it listens");
    for (connection_says, upgrade) in [("upgrade", "websocket"), ("Upgrade, HTTP2-Settings", "h2c"), ("upgrade", "x")] {
        let offer = |request: Request| request.header("Connection", connection_says).header("Upgrade", upgrade);
        for request in [Request::new("GET", "/work/1"), Request::post("/echo", r#"{"text":"x"}"#)] {
            let answer = connection.ask(&offer(request)).await.expect("the connection is kept");
            assert!(answer.status == 200 && answer.header("upgrade").is_none() && !answer.closes(), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_early_answer_keeps_its_connection_where_the_body_is_there() {
    let function = bare().ready().await;
    let mut connection = Connection::open(function.address).await.expect("it listens");
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(60_000));
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let head = |path: &str, fields: &str| format!("POST {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n\r\n");
    for (path, status) in [("/nowhere", 404), ("/work/1", 405), ("/echo", 415)] {
        let length = head(path, &format!("Content-Length: {}", body.len()));
        for request in [format!("{length}{body}"), format!("{}{chunks}", head(path, "Transfer-Encoding: chunked"))] {
            // A request that is at work is answered first: so all of the next one is there.
            connection
                .send(&format!("GET /work/100 HTTP/1.1\r\nHost: test\r\n\r\n{request}"))
                .await
                .expect("it is kept");
            assert_eq!(connection.answer().await.expect("it is answered").status, 200);
            let answer = connection.answer().await.expect("it is answered");
            assert!(answer.status == status && !answer.closes(), "{answer:?}");
        }
    }
    assert_eq!(connection.ask(&Request::new("GET", "/version")).await.expect("it is kept").status, 200);
}

#[tokio::test]
async fn an_answer_to_a_body_that_never_ends_ends_the_connection_within_seconds() {
    let function = bare().ready().await;
    let json = "Content-Type: application/json";
    for (path, fields, status) in [
        ("/nowhere", "Transfer-Encoding: chunked", 404),
        ("/nowhere", "Content-Length: 60000", 404),
        ("/echo", &format!("Transfer-Encoding: chunked\r\n{json}"), 408),
    ] {
        let mut connection = Connection::open(function.address).await.expect("it listens");
        connection.send(&format!("POST {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n\r\n")).await.expect("it reads");
        let mut trickle = tokio::time::interval(Duration::from_millis(200));
        let (began, mut answered) = (Instant::now(), None);
        // The end shows by what is written or by what is read, whichever is first.
        loop {
            tokio::select! {
                biased;
                read = connection.receive() => match read {
                    Ok(0) | Err(_) => break,
                    Ok(_) => answered = answered.or(Some(Instant::now())),
                },
                _ = trickle.tick() => if connection.send("1\r\nx\r\n").await.is_err() { break },
            }
            assert!(began.elapsed() < Duration::from_secs(12), "{path}, {fields}: it is kept for ever");
        }
        let answer = connection.answer().await.expect("it was answered before");
        assert!(answer.status == status && answer.closes(), "{answer:?}");
        let after = answered.expect("it was").elapsed();
        assert!(after < Duration::from_secs(4), "{path}, {fields}: {after:?} after the answer");
    }
}
