//! What a walk's trace must hold.

use testbed::otlp::{Kind, Span, Trace};

use super::{STEPS, Walked};

/// Mails of a walk: two sign-ins, one to the candidate, one to the employer.
const MAILS: usize = 4;
/// How much later than its parent a span may end by the clocks of two processes, in nanoseconds.
const TOLERANCE: std::time::Duration = std::time::Duration::from_millis(2);

/// Whether all of a walk's spans have arrived.
#[must_use]
pub fn is_whole(trace: &Trace) -> bool {
    mails(trace).count() == MAILS && trace.roots().len() == 1 && trace.orphans().is_empty()
}

/// What a walk or its trace lacks, each in a sentence.
#[must_use]
pub fn missing(walked: &Walked, trace: &Trace) -> Vec<String> {
    let mut missing = Vec::new();
    let mut want = |is: bool, what: String| {
        if !is {
            missing.push(what);
        }
    };
    for step in STEPS.iter().skip(walked.steps.len()) {
        want(false, format!("the step: {step}"));
    }
    let roots: Vec<_> = trace.roots().iter().map(|span| span.name.clone()).collect();
    want(roots == ["walk"], format!("one root, the walk's own: there are {roots:?}"));
    let orphans: Vec<_> = trace.orphans().iter().map(|span| span.name.clone()).collect();
    want(orphans.is_empty(), format!("the parents of {orphans:?}"));
    for service in ["api", "applications"] {
        for name in ["pool wait", "begin", "commit"] {
            let has = trace.named(name).iter().any(|span| span.service == service);
            want(has, format!("a span \"{name}\" of {service}"));
        }
    }
    let sent = mails(trace).count();
    want(sent == MAILS, format!("{MAILS} spans of sent mails: there are {sent}"));
    let late: Vec<_> = trace
        .outliving_children(TOLERANCE, crosses_the_outbox)
        .iter()
        .map(|(child, parent)| format!("{} in {}", child.name, parent.name))
        .collect();
    want(late.is_empty(), format!("children within their parents: {late:?}"));
    missing
}

/// A mail goes out after its cause was answered.
fn crosses_the_outbox(span: &Span) -> bool {
    span.kind == Kind::Consumer
}

fn mails(trace: &Trace) -> impl Iterator<Item = &Span> {
    trace.spans().iter().filter(|span| crosses_the_outbox(span) && span.attribute("app.mail.outcome") == "sent")
}
