//! What stands between the network and a handler.

use std::time::Duration;

use platform::http::problem;
use serde_json::json;

use super::support::{Connection, Request, bare};

/// Guards: panic catcher.
#[tokio::test]
async fn a_handler_that_panics_answers_500_and_the_process_lives() {
    let function = bare().ready().await;
    let answer = function.get("/panic").await;
    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"));
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    assert_eq!(function.get("/work/1").await.status, 200);
    let lines = function.requests("GET /panic");
    assert_eq!(lines.len(), 1, "{}", function.output());
    assert_eq!((&lines[0]["level"], &lines[0]["status"]), (&"error".into(), &500.into()));
    assert!(lines[0]["error"].as_str().is_some_and(|text| text.contains("bare_function.rs:")), "{}", lines[0]);
    assert_eq!(lines[0]["trace_id"], answer.json()["trace_id"]);
    let output = function.output();
    assert!(!output.contains("a message with a secret"), "{output}");
    assert_eq!(output.matches("panicked").count(), 1, "{output}");
}

#[tokio::test]
async fn what_does_not_exist_is_a_problem() {
    let function = bare().ready().await;
    let refused = async |request: Request| {
        let answer = request.ask(function.address).await;
        (answer.status, answer.problem())
    };
    assert_eq!(refused(Request::new("GET", "/nowhere")).await, (404, "not-found".into()));
    assert_eq!(refused(Request::new("GET", "/things/7")).await, (404, "not-found".into()));
    assert_eq!(refused(Request::new("GET", "/work/soon")).await, (404, "not-found".into()));
    assert_eq!(refused(Request::new("GET", "/problems/nothing")).await, (404, "not-found".into()));
    let wrong = [("DELETE", "/echo", "POST"), ("POST", "/healthz", "GET, HEAD"), ("BREW", "/work/1", "GET, HEAD")];
    for (method, path, allow) in wrong {
        let answer = Request::new(method, path).ask(function.address).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{answer:?}");
        assert_eq!(answer.json()["type"], "/problems/method-not-allowed", "{answer:?}");
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let function = bare().ready().await;
    let mut connection = Connection::open(function.address).await.expect("it listens");
    for path in ["/work/1", "/healthz"] {
        connection.send(&Request::new("HEAD", path).text()).await.expect("it reads");
        let head = connection.head().await.expect("it answers");
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-length: "), "{head}");
    }
    // Had a body come, it would stand before this answer.
    assert_eq!(connection.ask(&Request::new("GET", "/version")).await.expect("it answers").status, 200);
}

#[tokio::test]
async fn bodies_that_are_not_as_wanted_are_refused_by_name() {
    let function = bare().ready().await;
    let post = |body: &str| Request::post("/echo", body);
    let untyped = |kind: &str| {
        let text = post(r#"{"text":"x"}"#).text().replace("application/json", kind);
        Request::raw(&text)
    };
    for (request, status, name) in [
        (post("{"), 400, "malformed-json"),
        (post("[]"), 400, "malformed-json"),
        (post("\u{feff}{}"), 400, "malformed-json"),
        (Request::new("POST", "/echo"), 415, "unsupported-media-type"),
        (untyped("text/plain"), 415, "unsupported-media-type"),
        (untyped("application/x-www-form-urlencoded"), 415, "unsupported-media-type"),
        (untyped("application/json; charset=iso-8859-1"), 415, "unsupported-media-type"),
        (post("{}").header("Content-Encoding", "gzip"), 415, "unsupported-media-type"),
        (post("{}"), 422, "validation-failed"),
        (post(r#"{"text":"x","more":1}"#), 422, "validation-failed"),
    ] {
        let answer = request.ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, name), "{}", request.text());
    }
    for fine in ["application/json; charset=utf-8", "application/json;CHARSET=\"UTF-8\"", "application/json; v=1"] {
        let fine = untyped(fine).ask(function.address).await;
        assert_eq!((fine.status, fine.json()), (200, json!({ "text": "x" })));
    }
}

#[tokio::test]
async fn what_is_taken_in_the_place_of_a_body_is_named() {
    let function = bare().ready().await;
    let typed = |kind: &str| Request::raw(&Request::post("/echo", "{}").text().replace("application/json", kind));
    for (request, detail) in [
        (Request::new("POST", "/echo"), "The request has no Content-Type: wanted application/json."),
        (typed("text/plain"), "Content-Type is something else than application/json."),
        (typed("application/json;charset=latin1"), "The charset of Content-Type is something else than UTF-8."),
        (
            Request::post("/echo", "{}").header("Content-Encoding", "br"),
            "The body has a Content-Encoding, and none is taken.",
        ),
    ] {
        let answer = request.ask(function.address).await;
        assert_eq!((answer.status, answer.header("accept")), (415, Some("application/json")), "{detail}");
        assert_eq!(answer.json()["detail"], detail);
        assert_eq!(answer.header("accept-encoding"), detail.contains("Encoding").then_some("identity"));
    }
}

#[tokio::test]
async fn of_many_wrong_values_the_first_are_listed_and_all_are_counted() {
    let function = bare().ready().await;
    let many: serde_json::Map<_, _> = (0..40).map(|number| (format!("x{number:02}"), json!(1))).collect();
    let answer = Request::post("/echo", json!(many)).ask(function.address).await.json();
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(16), "{answer}");
    assert_eq!(answer["detail"], "41 values are wrong: the first 16 are listed.");
}

/// Who may keep what, on every answer there is.
#[tokio::test]
async fn no_answer_is_kept_unless_it_says_so() {
    let function = bare().ready().await;
    for (path, kept) in [
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/version", "no-store"),
        ("/work/1", "no-store"),
        ("/nowhere", "no-store"),
        ("/panic", "no-store"),
        ("/things/7", "no-store"),
        ("/problems/not-found", "public, max-age=5"),
    ] {
        let answer = function.get(path).await;
        assert_eq!(answer.header("cache-control"), Some(kept), "{path}: {}", answer.head);
        assert_eq!(answer.header("vary"), Some("Authorization"), "{path}: {}", answer.head);
    }
    let page = function.get("/problems/not-found").await;
    let tag = page.header("etag").expect("a tag").to_owned();
    let again = Request::new("GET", "/problems/not-found").header("If-None-Match", &tag).ask(function.address).await;
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag.as_str())));
    // A length would be taken for that of the page.
    assert_eq!((again.header("content-length"), again.header("content-type")), (None, None), "{}", again.head);
}

#[tokio::test]
async fn a_member_that_is_given_twice_is_refused_by_name_at_every_depth() {
    let function = bare().ready().await;
    let body = r#"{"text":"x","text":"y","more":[{"a/b":1,"a/b":1}]}"#;
    let answer = Request::post("/echo", body).ask(function.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (422, "validation-failed"));
    let body = answer.json();
    let twice = body["errors"].as_array().expect("a list").iter();
    let twice = twice.filter(|error| error["detail"] == "is given more than once: wanted once");
    let pointers: Vec<_> = twice.map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["#/more/0/a~1b", "#/text"], "{body}");
}

#[tokio::test]
async fn a_media_type_that_is_given_twice_is_refused_also_when_both_are_equal() {
    let function = bare().ready().await;
    for second in ["application/json", "text/plain"] {
        let request = Request::post("/echo", r#"{"text":"x"}"#).header("Content-Type", second);
        let answer = request.ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"), "{second}");
        assert_eq!(answer.json()["detail"], "The header content-type is given more than once: wanted once.");
    }
    let identity = Request::post("/echo", r#"{"text":"x"}"#).header("Content-Encoding", "identity");
    assert_eq!(identity.clone().ask(function.address).await.status, 200);
    let hidden = identity.header("Content-Encoding", "gzip").ask(function.address).await;
    assert_eq!((hidden.status, hidden.problem().as_str()), (415, "unsupported-media-type"));
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let function = bare().ready().await;
    let answer = Request::post("/echo", json!({ "text": 1, "tixt": "x" })).ask(function.address).await;
    let body = answer.json();
    let pointers: Vec<_> = body["errors"].as_array().expect("a list").iter().map(|it| &it["pointer"]).collect();
    assert_eq!(pointers, ["#/text", "#/tixt"], "{body}");
}

/// Guards: body bound.
#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_refused() {
    let function = bare().ready().await;
    let frame = json!({ "text": "" }).to_string().len();
    for (extra, status) in [(0, 200), (1, 413)] {
        let text = "a".repeat(64 * 1024 - frame + extra);
        let answer = Request::post("/echo", json!({ "text": text })).ask(function.address).await;
        assert_eq!(answer.status, status, "{}", answer.head);
        if status == 413 {
            assert_eq!(answer.problem(), "content-too-large");
        }
    }
}

#[tokio::test]
async fn an_answer_to_http_1_0_ends_its_own_connection_and_no_other() {
    let function = bare().ready().await;
    let mut kept = Connection::open(function.address).await.expect("it listens");
    let work = Request::new("GET", "/work/1");
    for _ in 0..20 {
        let old = Request::raw("GET /work/1 HTTP/1.0\r\nHost: test\r\n\r\n").ask(function.address).await;
        assert_eq!(old.status, 200, "{old:?}");
        assert_eq!(kept.ask(&work).await.expect("it is kept").status, 200);
    }
}

/// Far more than is read ahead of a request that wants nothing more.
#[tokio::test]
async fn a_body_is_read_on_for_whoever_takes_it_however_it_comes() {
    let function = bare().ready().await;
    let body = json!({ "text": "a".repeat(60_000) }).to_string();
    let head = |path: &str, more: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{more}\r\n\r\n")
    };
    let (length, long) = (format!("Content-Length: {}", body.len()), "x".repeat(12_000));
    let chunk = |bytes: &[u8]| format!("{:x}\r\n{}\r\n", bytes.len(), String::from_utf8_lossy(bytes));
    let chunks = body.as_bytes().chunks(7).map(chunk).collect::<String>() + "0\r\n\r\n";
    for path in ["/echo", "/length"] {
        for (how, pieces) in [
            ("at once", vec![head(path, &length) + &body]),
            ("after its head", vec![head(path, &length), body.clone()]),
            ("after a long head", vec![head(path, &format!("{length}\r\nX-Long: {long}")), body.clone()]),
            ("in small chunks", vec![head(path, "Transfer-Encoding: chunked") + &chunks]),
        ] {
            let mut connection = Connection::open(function.address).await.expect("it listens");
            for piece in pieces {
                connection.send(&piece).await.expect("it reads");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let answer = connection.answer().await.expect("it is answered");
            assert_eq!(answer.status, 200, "{path}, {how}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_kind_of_problem_has_a_page() {
    let function = bare().ready().await;
    for kind in problem::ALL {
        let page = function.get(&format!("/problems/{}", kind.name)).await;
        assert_eq!(page.status, 200, "{}", kind.name);
        assert!(page.body.contains(kind.title) && page.body.contains(kind.name), "{}", page.body);
        assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{}", page.head);
    }
}
