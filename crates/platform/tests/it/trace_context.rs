//! W3C Trace Context from a caller through a function to whom that calls: the cases of the standard's own test suite, level
//! 2, strict (<https://github.com/w3c/trace-context/tree/main/test>), and what our functions believe of each other.

use serde_json::{Value, json};
use testbed::otlp::Receiver;

use super::support::{Request, Running, bare};

const TRACE: &str = "12345678901234567890123456789012";
const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-00";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What it gave along with a call, when it was called with these headers.
struct Passed {
    version: String,
    trace: String,
    parent: String,
    flags: u8,
    state: String,
}

async fn passed(function: &Running, headers: &[(&str, &str)]) -> Passed {
    let url = format!("http://{}/caller", function.address);
    let request = Request::post("/relay", json!([{ "url": url, "arguments": [] }]));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let answer = request.ask(function.address).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    let text = |name: &str| told[0][name].as_str().expect("a text").to_owned();
    let parts: Vec<String> = text("traceparent").split('-').map(str::to_owned).collect();
    let [version, trace, parent, flags] = parts.try_into().expect("a traceparent");
    let flags = u8::from_str_radix(&flags, 16).expect("flags");
    Passed { version, trace, parent, flags, state: text("tracestate") }
}

#[tokio::test]
async fn the_ids_of_a_caller_go_on_where_the_standard_has_them_read() {
    let function = bare().ready().await;
    for given in [
        PARENT,
        "cc-12345678901234567890123456789012-1234567890123456-01",
        "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
        " 00-12345678901234567890123456789012-1234567890123456-01",
        "\t00-12345678901234567890123456789012-1234567890123456-01 \t",
    ] {
        for name in ["traceparent", "TraceParent", "TRACEPARENT"] {
            let passed = passed(&function, &[(name, given)]).await;
            assert_eq!((passed.version.as_str(), passed.trace.as_str()), ("00", TRACE), "{given}");
            assert_ne!(passed.parent, "1234567890123456", "{given}");
        }
    }
    let trace = |end: &str| format!("00-{TRACE}-1234567890123456{end}");
    for given in [
        trace("-01."),
        trace("-01-what-the-future-will-be-like"),
        trace("-.0"),
        trace("-0."),
        trace("-001"),
        trace("-1"),
        "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-not-be-like".to_owned(),
        "ff-12345678901234567890123456789012-1234567890123456-01".to_owned(),
        ".0-12345678901234567890123456789012-1234567890123456-01".to_owned(),
        "0.-12345678901234567890123456789012-1234567890123456-01".to_owned(),
        "000-12345678901234567890123456789012-1234567890123456-01".to_owned(),
        "0-12345678901234567890123456789012-1234567890123456-01".to_owned(),
        "00-00000000000000000000000000000000-1234567890123456-01".to_owned(),
        "00-.2345678901234567890123456789012-1234567890123456-01".to_owned(),
        "00-1234567890123456789012345678901.-1234567890123456-01".to_owned(),
        "00-123456789012345678901234567890123-1234567890123456-01".to_owned(),
        "00-1234567890123456789012345678901-1234567890123456-01".to_owned(),
        "00-12345678901234567890123456789012-0000000000000000-01".to_owned(),
        "00-12345678901234567890123456789012-.234567890123456-01".to_owned(),
        "00-12345678901234567890123456789012-123456789012345.-01".to_owned(),
        "00-12345678901234567890123456789012-12345678901234567-01".to_owned(),
        "00-12345678901234567890123456789012-123456789012345-01".to_owned(),
    ] {
        let passed = passed(&function, &[("traceparent", &given), ("tracestate", "foo=1")]).await;
        assert!(passed.trace != TRACE && !passed.trace.starts_with("0000000000"), "{given}");
        assert_eq!((passed.state.as_str(), passed.flags & 2), ("", 2), "{given}: an id of its own, at random");
    }
}

#[tokio::test]
async fn a_trace_that_is_given_twice_by_another_name_or_not_at_all_is_begun_anew() {
    let function = bare().ready().await;
    let twice: &[(&str, &str)] = &[("traceparent", PARENT), ("traceparent", PARENT)];
    for headers in
        [&[], twice, &[("trace-parent", PARENT)], &[("trace.parent", PARENT)], &[("tracestate", "foo=1,bar=2")]]
    {
        let (first, second) = (passed(&function, headers).await, passed(&function, headers).await);
        assert!(first.trace != TRACE && first.trace != second.trace, "{headers:?}");
        assert_eq!(first.state, "", "{headers:?}");
    }
}

#[tokio::test]
async fn the_random_flag_goes_on_and_flags_of_the_future_do_not() {
    let function = bare().ready().await;
    for (given, wanted) in [("00", 0), ("02", 2), ("03", 2), ("ff", 2)] {
        let passed = passed(&function, &[("traceparent", &format!("{}{given}", &PARENT[..53]))]).await;
        assert_eq!((passed.flags & !1, passed.trace.as_str()), (wanted, TRACE), "{given}");
    }
}

/// Lists of the suite, in one header or several, and what is to go on.
fn states() -> Vec<(Vec<String>, String)> {
    let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let value: String = (' '..='~').filter(|letter| !matches!(letter, ',' | '=')).collect();
    let members: Vec<String> = (1..=33).map(|number| format!("bar{number:02}={number:02}")).collect();
    let kept = |lists: &[&str], joined: &str| (lists.iter().map(|it| (*it).to_owned()).collect(), joined.to_owned());
    let same = |list: String| (vec![list.clone()], list);
    let mut states = vec![
        kept(&["foo=1,bar=2"], "foo=1,bar=2"),
        kept(&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
        kept(&[""], ""),
        kept(&["foo=1", ""], "foo=1"),
        kept(&["", "foo=1"], "foo=1"),
        kept(&["foo=1,foo=2"], "foo=1,foo=2"),
        kept(&["foo=1", "foo=1"], "foo=1,foo=1"),
        kept(&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        kept(&["\t foo=1 \t"], "foo=1"),
        same(format!("{key}={value}")),
        same(format!("{key}@a-z0-9_-*/={value}")),
        same("foo@=1,bar=2".to_owned()),
        same("foo@@bar=1,bar=2".to_owned()),
        same("foo@bar@baz=1,bar=2".to_owned()),
        same(format!("foo=1,{}=1", "z".repeat(256))),
        same(format!("foo=1,{}@v=1", "t".repeat(242))),
        (members[..32].chunks(10).map(|some| some.join(",")).collect(), members[..32].join(",")),
        (members.chunks(10).map(|some| some.join(",")).collect(), String::new()),
        (vec!["foo=1".to_owned(), format!("{}=1", "z".repeat(257))], String::new()),
    ];
    let wrong =
        ["foo =1", "FOO=1", "foo.bar=1", "@foo=1,bar=2", "foo=bar=baz", "foo=,bar=3", "foo=1,bar", "foo=\u{f6}"];
    states.extend(wrong.map(|list| (vec![list.to_owned()], String::new())));
    states
}

#[tokio::test]
async fn what_others_say_of_a_trace_goes_on_to_the_letter_or_not_at_all() {
    let function = bare().ready().await;
    for (lists, wanted) in states() {
        let headers = [("traceparent", PARENT)].into_iter();
        let headers: Vec<_> = headers.chain(lists.iter().map(|list| ("TraceState", list.as_str()))).collect();
        let passed = passed(&function, &headers).await;
        assert_eq!((passed.state, passed.trace.as_str()), (wanted, TRACE), "{lists:?}");
    }
    let passed = passed(&function, &[("traceparent", PARENT), ("trace-state", "foo=1"), ("trace.state", "foo=1")]);
    assert_eq!(passed.await.state, "");
}

#[tokio::test]
async fn each_of_several_calls_has_a_parent_of_its_own() {
    let function = bare().ready().await;
    let call = json!({ "url": format!("http://{}/caller", function.address), "arguments": [] });
    let request = Request::post("/relay", json!([call, call, call])).header("traceparent", PARENT);
    let told: Value = serde_json::from_str(&request.ask(function.address).await.body).expect("JSON");
    let parents: Vec<_> = (0..3).map(|at| told[at]["traceparent"].as_str().expect("a text")).collect();
    assert!(parents.iter().all(|parent| parent.starts_with(&format!("00-{TRACE}-"))), "{parents:?}");
    assert!(parents[0] != parents[1] && parents[1] != parents[2] && parents[0] != parents[2], "{parents:?}");
}

/// One that keeps every trace, before one that keeps none of its own; answers with the spans of both, by what they are of.
async fn two_hops(receiver: &Receiver, first: Option<&str>, second: Option<&str>) -> Vec<String> {
    let start = |share: &str, key: Option<&str>| {
        let start = bare().env("OTEL_TRACES_SAMPLER", "parentbased_traceidratio").env("OTEL_TRACES_SAMPLER_ARG", share);
        let start = start.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).env("OTEL_BSP_SCHEDULE_DELAY", "10");
        key.into_iter().fold(start, |start, key| start.env("FUNCTION_KEY", key))
    };
    let (first, second) = (start("1", first).ready().await, start("0", second).ready().await);
    let url = format!("http://{}/caller", second.address);
    let request = Request::post("/relay", json!([{ "url": url, "arguments": [] }])).header("tracestate", "foo=1");
    let answer = request.header("traceparent", PARENT).ask(first.address).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // Whatever is kept has arrived when both have ended.
    for function in [&second, &first] {
        assert_eq!(function.told(nix::sys::signal::Signal::SIGTERM).await, Some(0));
    }
    let mut names: Vec<String> = receiver.trace(TRACE).spans().iter().map(|span| span.name.clone()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn between_functions_of_one_key_a_trace_is_whole_and_between_others_it_is_not() {
    let halves = ["POST /relay", "POST /{path}"];
    for (first, second, wanted) in [
        (Some(KEY), Some(KEY), vec!["POST /caller", "POST /relay", "POST /{path}"]),
        (None, Some(KEY), halves.to_vec()),
        (Some(OTHER_KEY), Some(KEY), halves.to_vec()),
        (Some(KEY), None, halves.to_vec()),
    ] {
        let receiver = Receiver::start().expect("it listens");
        assert_eq!(two_hops(&receiver, first, second).await, wanted, "{first:?} {second:?}");
    }
}

#[tokio::test]
async fn a_proof_is_seen_by_functions_alone_and_is_no_part_of_what_goes_on() {
    let [first, second] = [bare().env("FUNCTION_KEY", KEY).ready().await, bare().ready().await];
    let passed = passed(&first, &[("traceparent", PARENT), ("tracestate", "board=guessed,foo=1")]).await;
    let (ours, others) = passed.state.split_once(',').expect("two members");
    assert!(ours.starts_with("board=") && !ours.contains("guessed") && others == "foo=1", "{}", passed.state);
    // Who has no key neither believes nor passes on what others prove.
    let url = format!("http://{}/caller", second.address);
    let request = Request::post("/relay", json!([{ "url": url, "arguments": [] }])).header("traceparent", PARENT);
    let answer = request.header("tracestate", &passed.state).ask(second.address).await;
    assert!(answer.body.contains(r#""tracestate":"foo=1""#), "{}", answer.body);
    let log = format!("{}{}", first.output(), second.output());
    assert!(!log.contains(ours) && !log.contains(KEY), "{log}");
}
