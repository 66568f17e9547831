use actix_http::h1::Codec;
use proptest::prelude::*;
use tokio::task::LocalSet;
use tokio_util::codec::Decoder as _;

use super::*;

fn read(text: &str) -> Result<Head, Wrong> {
    Head::read(text.as_bytes())
}

fn status(text: &str) -> u16 {
    let bytes = text.as_bytes();
    let wrong = match End::default().find(bytes) {
        Err(wrong) => Some(wrong),
        Ok(None) => return 0,
        Ok(Some(length)) => Head::read(&bytes[..length]).map_or_else(Some, |head| head.wrong),
    };
    wrong.map_or(200, |wrong| wrong.kind.status)
}

/// What the server is handed, below the request line.
fn handed_on(fields: &str) -> String {
    let head = read(&format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")).expect("a good head");
    String::from_utf8(head.text).expect("a text").split_off("GET / HTTP/1.1\r\nHost: a\r\n".len())
}

/// Guards: one framing.
#[test]
fn a_body_has_one_framing() {
    let post = |fields: &str| status(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n"));
    for fields in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4\r\nContent-Length: 4",
        "Content-Length: 4, 4",
        "Content-Length: +4",
        "Content-Length: -4",
        "Content-Length: 0x4",
        "Content-Length: 4 4",
        "Content-Length:",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding:",
        "Transfer-Encoding\t: chunked",
        "Transfer-Encoding : chunked",
        " Transfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\r\r\nTransfer-Encoding: chunked",
        "X: \0",
        "Content Length: 4",
        ": 4",
        "nothing",
        "Host: b",
    ] {
        assert_eq!(post(fields), 400, "{fields:?}");
    }
    for fields in ["Content-Length: 4", "Content-Length: 0004", "Transfer-Encoding: Chunked", "X: y"] {
        assert_eq!(post(fields), 200, "{fields:?}");
    }
}

#[test]
fn of_http_1_0_only_what_it_had_is_taken() {
    for (head, expected) in [
        ("GET / HTTP/1.0\r\n\r\n", 200),
        ("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 200),
        ("POST / HTTP/1.0\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\n", 505),
        ("GET / HTTP/0.9\r\n\r\n", 505),
        ("GET / HTTP/20\r\n\r\n", 400),
        ("GET / HTTP/x.0\r\n\r\n", 400),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400),
        ("GET /\r\n\r\n", 400),
    ] {
        assert_eq!(status(head), expected, "{head:?}");
    }
}

#[test]
fn a_host_is_one_name_with_a_port_or_without() {
    for (host, expected) in [
        ("a", 200),
        ("a.example:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("a:", 200),
        ("", 400),
        ("a b", 400),
        ("a/b", 400),
        ("u@a", 400),
        ("a:b", 400),
        ("a, b", 400),
        ("a:1:2", 400),
        ("[::1", 400),
        ("http://a", 400),
        (":80", 400),
        ("ä", 400),
    ] {
        assert_eq!(status(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")), expected, "{host:?}");
    }
    assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), 400, "it is missing");
}

#[test]
fn what_is_too_long_is_known_before_its_end() {
    assert_eq!(status(&format!("GET /{} ", "x".repeat(9_000))), 414);
    assert_eq!(status(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(8 * 1024))), 414);
    assert_eq!(status(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(8 * 1024 - 1))), 200);
    assert_eq!(status(&format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(LONGEST))), 431);
    assert_eq!(status(&format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(FIELDS))), 431);
    assert_eq!(status(&format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(FIELDS - 1))), 200);
}

#[test]
fn a_body_that_says_it_is_too_large_is_refused_by_its_head_and_not_waited_for() {
    for length in ["65537", "18446744073709551616", "99999999999999999999999999"] {
        let head =
            format!("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nExpect: 100-continue\r\nX: y\r\n\r\n");
        let head = read(&head).expect("it is well-formed");
        assert_eq!(head.wrong, Some(BODY));
        assert_eq!(head.text, b"PUT /x HTTP/1.1\r\nHost: a\r\nX: y\r\nconnection: keep-alive\r\n\r\n");
    }
}

/// Guards: upgrades ignored.
#[test]
fn nobody_is_told_of_an_upgrade() {
    for (fields, expected) in [
        ("Connection: upgrade\r\nUpgrade: websocket\r\n", "keep-alive"),
        ("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n", "keep-alive"),
        ("Connection: keep-alive, upgrade\r\n", "keep-alive"),
        ("Connection: upgrade, Close\r\n", "close"),
        ("Connection: upgrade\r\nConnection: close\r\n", "close"),
    ] {
        let handed = handed_on(fields).to_ascii_lowercase();
        assert!(!handed.contains("upgrade:"), "{handed}");
        assert!(handed.ends_with(&format!("connection: {expected}\r\n\r\n")), "{handed}");
    }
}

#[test]
fn fields_are_handed_on_as_they_came() {
    let fields = "Authorization: Bearer x.y-z\r\nX-Two: a\r\nX-Two:  b \r\nEmpty:\r\nUtf: \u{e4}\r\n";
    let expected = "Authorization: Bearer x.y-z\r\nX-Two: a\r\nX-Two: b\r\nEmpty: \r\nUtf: \u{e4}\r\nconnection: keep-alive\r\n\r\n";
    assert_eq!(handed_on(fields), expected);
}

/// Lines that are good, wrong, or one of them in many clothes.
fn line() -> impl Strategy<Value = String> {
    prop_oneof!["(Host|Content-Length|Transfer-Encoding|Connection|Upgrade|Expect|X)", "[A-Za-z -]{0,12}",]
        .prop_flat_map(|name| {
            let value =
                prop_oneof!["(a|4|0|chunked|identity|close|websocket|100-continue)", "[ -~]{0,12}", any::<String>()];
            (Just(name), prop_oneof!["(: |:|: \t)", "( : |)"], value, prop_oneof![4 => "\r\n", 1 => "(\n|\r|\r\n )"])
        })
        .prop_map(|(name, colon, value, end)| format!("{name}{colon}{value}{end}"))
}

proptest! {
    /// The server must never answer by itself, nor see a body where none is, or none where one is.
    #[test]
    fn what_is_handed_on_the_server_takes_and_frames_alike(
        method in "(GET|HEAD|POST|PUT|CONNECT|OPTIONS|brew|[ -~]{0,4})",
        target in prop_oneof!["/[a-z?=&%]{0,8}", "(\\*|http://a/b|a:80|)", "[!-~]{0,12}"],
        version in "(HTTP/1.1|HTTP/1.0|HTTP/1.1 |http/1.1|[ -~]{0,8})",
        lines in proptest::collection::vec(line(), 0..5),
    ) {
        let text = format!("{method} {target} {version}\r\nHost: a\r\n{}\r\n", lines.concat());
        let found = End::default().find(text.as_bytes());
        let Ok(Some(length)) = found else { return Ok(()) };
        let Ok(head) = Head::read(&text.as_bytes()[..length]) else { return Ok(()) };
        let mut bytes = actix_web::web::BytesMut::from(&*head.text);
        // Its clock is a task.
        let tasks = LocalSet::new();
        let _entered = tasks.enter();
        let mut codec = Codec::default();
        let seen = codec.decode(&mut bytes);
        prop_assert!(matches!(seen, Ok(Some(_))), "{text:?} is handed on as {:?}", String::from_utf8_lossy(&head.text));
        prop_assert!(bytes.is_empty());
        let body = head.framing != Framing::Length(0);
        prop_assert_eq!(codec.message_type() == actix_http::h1::MessageType::Payload, body);
        prop_assert_eq!(codec.message_type() == actix_http::h1::MessageType::Stream, false);
        prop_assert_eq!(codec.keep_alive(), !head.closes, "{:?}", text);
    }

    #[test]
    fn an_end_is_found_however_the_bytes_come(pieces in proptest::collection::vec("(a|\r\n|\r|\n|: )", 0..12)) {
        let text = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", pieces.concat());
        let at_once = End::default().find(text.as_bytes());
        let mut end = End::default();
        let bytewise = (1..=text.len()).map(|length| end.find(&text.as_bytes()[..length])).find(|it| *it != Ok(None));
        prop_assert_eq!(Some(at_once), bytewise);
    }
}
