use super::*;
use actix_web::http::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).expect("a header value");
    let mut headers = HeaderMap::new();
    for (name, text) in given {
        headers.append(HeaderName::from_static(name), value(text));
    }
    headers
}

fn parent(text: &str) -> HeaderMap {
    headers(&[(TRACEPARENT, text)])
}

fn row(text: &str) -> Option<Context> {
    from_row(text, None)
}

fn written(context: &Context) -> (String, Option<String>) {
    let Written { traceparent, tracestate } = Written::of(context).expect("a trace");
    (traceparent, tracestate)
}

#[test]
fn a_strangers_ids_are_kept_and_marked() {
    let context = from_request(&parent(SAMPLED)).expect("well-formed");
    assert!(is_strangers(&context));
    assert_eq!(written(&context), (SAMPLED.to_owned(), None));
}

#[test]
fn of_several_contexts_none_is_believed() {
    assert!(from_request(&headers(&[(TRACEPARENT, SAMPLED), (TRACEPARENT, SAMPLED)])).is_none());
}

#[test]
fn a_row_of_ours_is_no_stranger() {
    let context = from_row(SAMPLED, Some("a=1")).expect("well-formed");
    assert!(!is_strangers(&context));
    assert_eq!(written(&context), (SAMPLED.to_owned(), Some("a=1".to_owned())));
}

#[test]
fn the_flag_of_a_random_id_and_what_others_say_go_on_to_all_below() {
    for (given, flags) in [("00", "00"), ("02", "02"), ("03", "03"), ("ff", "03"), ("fc", "00")] {
        let given = format!("{}{given}", &SAMPLED[..53]);
        let context = from_request(&headers(&[(TRACEPARENT, &given), (TRACESTATE, "a=1"), (TRACESTATE, "b=2")]));
        let child = SpanContext::new(
            TraceId::from(7_u128),
            opentelemetry::trace::SpanId::from(8_u64),
            TraceFlags::default().with_sampled(flags.ends_with(['1', '3'])),
            false,
            TraceState::NONE,
        );
        let child = context.expect("well-formed").with_remote_span_context(child);
        let (traceparent, tracestate) = written(&child);
        assert!(traceparent.ends_with(&format!("-0000000000000008-{flags}")), "{given}: {traceparent}");
        assert_eq!(tracestate.as_deref(), Some("a=1,b=2"));
    }
}

#[tokio::test]
async fn an_id_that_was_drawn_here_is_random() {
    let (traceparent, _) = unrecorded(async { written(&current()) }).await;
    assert!(traceparent.ends_with("-02"), "{traceparent}");
}

#[test]
fn what_cannot_be_read_is_no_state_and_leaves_the_ids() {
    for wrong in ["öö", "A=1", "a"] {
        let context = from_request(&headers(&[(TRACEPARENT, SAMPLED), (TRACESTATE, wrong)])).expect("well-formed");
        assert_eq!(written(&context), (SAMPLED.to_owned(), None), "{wrong}");
    }
    assert!(from_request(&headers(&[(TRACESTATE, "a=1")])).is_none(), "without ids there is nothing to say");
}

#[tokio::test]
async fn work_without_a_tracing_span_is_below_what_it_was_given() {
    let given = row(SAMPLED).expect("well-formed");
    assert_eq!(within(given, async { written(&current()).0 }).await, SAMPLED);
    assert_eq!(Written::of(&current()), None);
}

#[tokio::test]
async fn unrecorded_work_is_below_a_parent_that_is_not_kept() {
    let parent = unrecorded(async { current() }).await;
    let parent = parent.span().span_context().clone();
    assert!(parent.is_valid() && !parent.is_sampled() && !parent.is_remote(), "{parent:?}");
}

#[test]
fn a_malformed_context_is_none_at_all() {
    for wrong in [
        "",
        "00",
        "00-0-0-01",
        "00-1-1-01",
        "00-+1-+1-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "öö",
    ] {
        assert!(row(wrong).is_none(), "{wrong} was taken");
    }
}

/// W3C Trace Context, 3.2, read part by part: ids and flag of what is well-formed.
fn reference(text: &str) -> Option<(String, String, bool)> {
    let hex = |part: &str, digits: usize| {
        part.len() == digits && part.chars().all(|digit| digit.is_ascii_hexdigit() && !digit.is_uppercase())
    };
    let mut parts = text.splitn(5, '-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let more = parts.next().is_some();
    let known = hex(version, 2) && version != "ff" && !(more && version == "00");
    let ids = hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    let named = !trace.trim_matches('0').is_empty() && !parent.trim_matches('0').is_empty();
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    (known && ids && named).then(|| (trace.to_owned(), parent.to_owned(), sampled))
}

fn read(text: &str) -> Option<(String, String, bool)> {
    let context = row(text)?;
    let span = context.span().span_context().clone();
    Some((span.trace_id().to_string(), span.span_id().to_string(), span.is_sampled()))
}

/// What is nearly a `traceparent`: every part too short, too long, zero, in capitals or something else now and then.
fn nearly() -> impl Strategy<Value = String> {
    let part = |digits: usize| {
        prop_oneof![
            20 => proptest::string::string_regex(&format!("[0-9a-f]{{{digits}}}")).expect("a pattern"),
            1 => Just("0".repeat(digits)),
            1 => Just("f".repeat(digits)),
            1 => proptest::string::string_regex(&format!("[0-9a-fA-F+ ]{{0,{}}}", digits + 1)).expect("a pattern"),
        ]
    };
    let version = prop_oneof![3 => Just("00".to_owned()), 1 => part(2)];
    let tail = prop_oneof![6 => Just(String::new()), 1 => "-[0-9a-z-]{0,4}", 1 => ".{1,3}"];
    (version, part(32), part(16), part(2), tail)
        .prop_map(|(version, trace, parent, flags, tail)| format!("{version}-{trace}-{parent}-{flags}{tail}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_read_is_what_the_standard_reads(text in nearly()) {
        prop_assert_eq!(read(&text), reference(&text));
    }

    #[test]
    fn one_wrong_letter_is_read_as_the_standard_reads_it(at in 0..SAMPLED.len(), letter: char) {
        let text: String = SAMPLED.chars().enumerate().map(|(place, was)| if place == at { letter } else { was }).collect();
        prop_assert_eq!(read(&text), reference(&text));
    }

    #[test]
    fn any_bytes_are_a_context_or_none_and_never_a_panic(bytes: Vec<u8>) {
        let text = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(read(&text), reference(&text));
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(TRACEPARENT), value)]);
            prop_assert_eq!(from_request(&headers).is_some(), reference(&text).is_some());
        }
    }
}
