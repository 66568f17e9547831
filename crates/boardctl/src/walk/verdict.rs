//! What a walk's trace must hold.

use std::time::Duration;

use testbed::otlp::{Kind, Span, Trace};

use super::{STEPS, Walked};

/// Mails of a walk: two sign-ins, one to the candidate, one to the employer.
const MAILS: usize = 4;
/// How much later than its parent a span may end within one process.
const TOLERANCE: Duration = Duration::from_millis(2);
/// The same of a parent in another process: a caller that has read its answer may go on before the one that gave it
/// gets the processor again.
const TOLERANCE_ACROSS: Duration = Duration::from_millis(250);

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
    let within = |span: &Span| trace.parent(span).is_some_and(|parent| parent.service == span.service);
    let mut late = trace.outliving_children(TOLERANCE, |span| !within(span) || crosses_the_outbox(span));
    late.extend(trace.outliving_children(TOLERANCE_ACROSS, |span| within(span) || crosses_the_outbox(span)));
    let late: Vec<_> = late.iter().map(|(parent, child)| format!("{} in {}", child.name, parent.name)).collect();
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
