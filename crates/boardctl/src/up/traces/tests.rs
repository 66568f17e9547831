use std::collections::BTreeMap;

use hyper::header::CONTENT_SECURITY_POLICY;
use platform::http::edge::once;
use testbed::board::Part;
use testbed::otlp::{Kind, Receiver, Span, Trace};

use super::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const BATCH: &str = "0af7651916cd43dd8448eb211c80319c";
/// 2026-09-21 14:13:20 UTC.
const BEGIN: u64 = 1_790_000_000_000_000_000;

pub(super) fn span(service: &str, id: &str, parent: Option<&str>, start_us: u64, end_us: u64) -> Span {
    Span {
        trace_id: TRACE.to_owned(),
        span_id: id.to_owned(),
        parent_id: parent.map(str::to_owned),
        service: service.to_owned(),
        name: format!("span {id}"),
        kind: Kind::Internal,
        start: BEGIN + start_us * 1_000,
        end: BEGIN + end_us * 1_000,
        attributes: BTreeMap::new(),
        state: String::new(),
        links: Vec::new(),
        error: None,
    }
}

fn attributes<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A request, a statement that failed, a mail that left later, and a span whose parent is away.
fn trace() -> Trace {
    let request = Span {
        name: "POST /v1/sign-in".to_owned(),
        kind: Kind::Server,
        attributes: attributes([("http.response.status_code", "202"), ("http.route", "/v1/sign-in")]),
        ..span("api", "00f067aa0ba902b7", None, 0, 10_400)
    };
    let statement = Span {
        name: "INSERT sign_ins".to_owned(),
        kind: Kind::Client,
        attributes: attributes([("db.response.status_code", "57014")]),
        error: Some("canceling statement due to statement timeout".to_owned()),
        ..span("api", "53995c3f42cd8ad8", Some("00f067aa0ba902b7"), 1_240, 9_000)
    };
    let mail = Span {
        name: "send mail".to_owned(),
        kind: Kind::Consumer,
        links: vec![
            (BATCH.to_owned(), "b7ad6b7169203331".to_owned()),
            (TRACE.to_owned(), "00f067aa0ba902b7".to_owned()),
        ],
        ..span("email-worker", "a2fb4a1d1a96d312", Some("53995c3f42cd8ad8"), 100_000, 123_400)
    };
    let lost = span("", "e457b5a2e4d86bd1", Some("ffffffffffffffff"), 5_000, 5_000);
    Trace::new(TRACE, vec![request, statement, mail, lost])
}

fn at(traces: &Traces, address: &str) -> Response<String> {
    page(traces, &address.parse().expect("an address"))
}

#[test]
fn a_waterfall_shows_every_span_with_its_place() {
    let linking = Span {
        trace_id: BATCH.to_owned(),
        name: "send batch".to_owned(),
        ..span("email-worker", "c8be7c825a9b4b7e", None, 0, 1)
    };
    insta::assert_snapshot!(body_of(waterfall::page(&trace(), &[linking])));
}

#[test]
fn a_list_shows_the_newest_trace_first() {
    let newer = Trace::new(BATCH, vec![span("walk", "1", None, 1_000_000, 1_020_000)]);
    let page = body_of(list::page(&[trace(), newer], &Filter::default()));
    // Of the functions to choose from, those that this was written with.
    let others = Part::functions().into_iter().filter(|part| matches!(part, Part::Other(_)));
    let option = |part: Part| format!("<option value=\"{}\">\n</option>\n", part.name());
    insta::assert_snapshot!(others.fold(page, |page, part| page.replace(&option(part), "")));
}

/// Without the style, one tag a line, so that a difference is seen where it is.
fn body_of(page: maud::Markup) -> String {
    let page = page.into_string();
    let (_, body) = page.split_once("<main>").expect("a page has a main part");
    body.replace("><", ">\n<")
}

#[test]
fn a_trace_for_programs_has_everything_that_was_received() {
    let told: serde_json::Value =
        serde_json::from_str(json::answer(Some(&trace()), &Filter::default()).body()).expect("JSON");
    insta::assert_json_snapshot!(told);
}

#[test]
fn what_strangers_wrote_is_text_on_every_page() {
    const HOSTILE: &str = "\"'><script>alert(1)</script>";
    let hostile = Span {
        trace_id: HOSTILE.to_owned(),
        name: HOSTILE.to_owned(),
        attributes: attributes([(HOSTILE, HOSTILE)]),
        links: vec![(HOSTILE.to_owned(), HOSTILE.to_owned())],
        error: Some(HOSTILE.to_owned()),
        ..span(HOSTILE, HOSTILE, Some(HOSTILE), 0, 1)
    };
    let trace = Trace::new(HOSTILE, vec![hostile.clone()]);
    let asked = Filter { function: Some(HOSTILE.to_owned()), ..Filter::default() };
    let wrong = filter::Wrong { parameter: HOSTILE.to_owned(), wanted: "another one" };
    let pages = [
        waterfall::page(&trace, &[hostile]),
        list::page(&[trace], &asked),
        layout::no_id(HOSTILE),
        layout::no_filter(&[wrong]),
        layout::unknown(HOSTILE),
    ];
    for page in pages {
        let page = page.into_string();
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script") && !page.contains("\"'>"), "{page}");
    }
}

#[test]
fn every_page_loads_nothing_and_names_itself() {
    let receiver = Receiver::start().expect("listening");
    for address in
        ["/", "/?errors=1", "/?errors=yes", "/traces?id=x", "/traces/x", &format!("/traces/{TRACE}"), "/nowhere"]
    {
        let answer = at(&receiver.traces(), address);
        let policy = once(answer.headers().get_all(CONTENT_SECURITY_POLICY)).expect("at most one").expect("a policy");
        assert!(policy.as_bytes().starts_with(b"default-src 'none'"), "{address}");
        for outside in ["src=", "<link", "@import", "url(", "http:", "https:"] {
            assert!(!answer.body().contains(outside), "{address} has {outside}");
        }
        assert_eq!(answer.body().matches("<h1>").count(), 1, "{address}");
    }
}

#[test]
fn what_is_not_here_is_told_with_what_is_wanted() {
    let receiver = Receiver::start().expect("listening");
    let told = |address: &str| {
        let answer = at(&receiver.traces(), address);
        (answer.status().as_u16(), answer.into_body())
    };
    let (status, page) = told(&format!("/traces?id={TRACE}"));
    assert!(status == 404 && page.contains("not sampled") && page.contains(TRACE), "{status} {page}");
    let (status, page) = told("/traces?id=job-17");
    assert!(status == 400 && page.contains("32 hexadecimal digits") && page.contains("job-17"), "{status} {page}");
    let (status, problem) = told(&format!("/traces/{TRACE}.json"));
    assert!(status == 404 && problem.contains("about:blank"), "{status} {problem}");
    let (status, page) = told("/");
    assert!(status == 200 && page.contains("No trace has arrived yet"), "{status} {page}");
}

#[test]
fn programs_get_the_list_the_spans_and_what_is_wrong_with_what_they_asked() {
    let told = |answer: Response<String>| {
        let status = answer.status().as_u16();
        (status, serde_json::from_str::<serde_json::Value>(answer.body()).expect("JSON"))
    };
    let (status, list) = told(json::list(&[trace()]));
    assert_eq!((status, &list["traces"][0]["trace_id"]), (200, &TRACE.into()));
    assert_eq!((&list["traces"][0]["errors"], &list["traces"][0]["spans"]), (&1.into(), &4.into()));
    let failed = Filter { errors: true, ..Filter::default() };
    let (_, spans) = told(json::answer(Some(&trace()), &failed));
    assert_eq!(spans["spans"].as_array().map(Vec::len), Some(1), "{spans}");
    assert_eq!(spans["spans"][0]["name"], "INSERT sign_ins");
    let receiver = Receiver::start().expect("listening");
    for address in ["/traces.json?slower_ms=fast".to_owned(), format!("/traces/{TRACE}.json?slower_ms=fast")] {
        let (status, problem) = told(at(&receiver.traces(), &address));
        assert_eq!((status, &problem["errors"][0]["parameter"]), (400, &"slower_ms".into()), "{address}: {problem}");
    }
    let page = at(&receiver.traces(), "/?slower_ms=fast");
    assert!(page.status() == 400 && page.body().contains("slower_ms"), "{}", page.body());
}
