//! What a smoke test's trace must hold.

use std::time::Duration;

use testbed::otlp::{Kind, Span, Trace};

use super::{SERVICE, STEPS, SmokeTest};

/// Mails of a smoke test: two sign-ins, one to the candidate, one to the employer.
const MAILS: usize = 4;
/// How much later than its parent a span may end within one process.
const TOLERANCE: Duration = Duration::from_millis(2);
/// The same of a parent in another process: a caller that has read its answer may go on before the one that gave it
/// gets the processor again.
const TOLERANCE_ACROSS: Duration = Duration::from_millis(250);

/// Whether all of a smoke test's spans have arrived. Each process sends its spans in the order in which they ended: with
/// the root all of the test's own are there, and with a request's span all that was done for it.
#[must_use]
pub fn is_whole(trace: &Trace) -> bool {
    let parents = trace.roots().len() == 1 && trace.orphans().is_empty();
    parents && mails(trace).count() == MAILS && unanswered(trace).next().is_none()
}

/// What a smoke test or its trace lacks, each in a sentence.
#[must_use]
pub fn missing(test: &SmokeTest, trace: &Trace) -> Vec<String> {
    let mut missing = Vec::new();
    let mut want = |is: bool, what: String| {
        if !is {
            missing.push(what);
        }
    };
    for step in STEPS.iter().skip(test.steps.len()) {
        want(false, format!("the step: {step}"));
    }
    let roots: Vec<_> = trace.roots().iter().map(|span| span.name.clone()).collect();
    want(roots == ["smoke test"], format!("one root, the smoke test's own: there are {roots:?}"));
    let orphans: Vec<_> = trace.orphans().iter().map(|span| span.name.clone()).collect();
    want(orphans.is_empty(), format!("the parents of {orphans:?}"));
    let unanswered: Vec<_> = unanswered(trace).map(|span| span.name.clone()).collect();
    want(unanswered.is_empty(), format!("what was done for {unanswered:?}"));
    for service in ["api", "applications"] {
        for name in ["pool wait", "begin", "commit"] {
            let has = trace.named(name).iter().any(|span| span.service == service);
            want(has, format!("a span \"{name}\" of {service}"));
        }
    }
    let sent = mails(trace).count();
    want(sent == MAILS, format!("{MAILS} spans of sent mails: there are {sent}"));
    let within = |span: &Span| trace.parent(span).is_some_and(|parent| parent.service == span.service);
    let mut late = trace.outliving_children(TOLERANCE, |span| !within(span) || crosses_the_outbox(span));
    late.extend(trace.outliving_children(TOLERANCE_ACROSS, |span| within(span) || crosses_the_outbox(span)));
    let late: Vec<_> = late.iter().map(|(parent, child)| format!("{} in {}", child.name, parent.name)).collect();
    want(late.is_empty(), format!("children within their parents: {late:?}"));
    missing
}

/// The smoke test's requests of which no function's span is there.
fn unanswered(trace: &Trace) -> impl Iterator<Item = &Span> {
    let requests = trace.spans().iter().filter(|span| span.service == SERVICE && span.kind == Kind::Client);
    requests.filter(|request| !trace.children(request).iter().any(|span| span.kind == Kind::Server))
}

/// A mail goes out after its cause was answered.
fn crosses_the_outbox(span: &Span) -> bool {
    span.kind == Kind::Consumer
}

fn mails(trace: &Trace) -> impl Iterator<Item = &Span> {
    trace.spans().iter().filter(|span| crosses_the_outbox(span) && span.attribute("app.mail.outcome") == "sent")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(service: &str, id: &str, parent: Option<&str>, kind: Kind) -> Span {
        Span {
            trace_id: "t".to_owned(),
            span_id: id.to_owned(),
            parent_id: parent.map(str::to_owned),
            service: service.to_owned(),
            name: id.to_owned(),
            kind,
            start: 0,
            end: 1,
            attributes: Default::default(),
            state: String::new(),
            links: Vec::new(),
            error: None,
        }
    }

    fn mail(id: &str) -> Span {
        let mut mail = span("email-worker", id, Some("request"), Kind::Consumer);
        mail.attributes.insert("app.mail.outcome".to_owned(), "sent".to_owned());
        mail
    }

    /// A smoke test of one request, which caused all the mails.
    fn whole() -> Vec<Span> {
        let mut spans = vec![
            span(SERVICE, "smoke test", None, Kind::Internal),
            span(SERVICE, "request", Some("smoke test"), Kind::Client),
            span("api", "answer", Some("request"), Kind::Server),
            span("api", "statement", Some("answer"), Kind::Client),
        ];
        spans.extend((0..MAILS).map(|number| mail(&format!("mail {number}"))));
        spans
    }

    #[test]
    fn a_trace_is_whole_with_its_root_every_answer_and_all_mails() {
        assert!(is_whole(&Trace::new("t", whole())));
        for lost in ["smoke test", "request", "answer", "mail 0"] {
            let left = whole().into_iter().filter(|span| span.span_id != lost);
            // What an answer was made of was sent before it.
            let left = left.filter(|span| lost != "answer" || span.span_id != "statement");
            assert!(!is_whole(&Trace::new("t", left.collect())), "without {lost}");
        }
    }

    #[test]
    fn a_request_without_a_span_of_who_answered_it_is_missed_by_name() {
        let test = SmokeTest { steps: Vec::new(), failure: None, trace_id: "t".to_owned(), people: Vec::new() };
        let told = |spans: Vec<Span>| missing(&test, &Trace::new("t", spans)).join("\n");
        assert!(!told(whole()).contains("what was done"));
        let cut = whole().into_iter().filter(|span| span.service != "api").collect();
        assert!(told(cut).contains(r#"what was done for ["request"]"#));
    }
}
