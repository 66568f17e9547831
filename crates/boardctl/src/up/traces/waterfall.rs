//! One trace: a row for each span, with its place in time.

use maud::{Markup, html};
use testbed::otlp::{Line, Span, Trace};

use super::amount::{count, moment, ms};
use super::layout::document;
use super::list::{begin, chip, errors, named, title, took};
use super::palette::Palette;

/// Deeper spans are indented no further: there would be no room for their names.
const DEEPEST: usize = 16;

/// Where lines are drawn across the timeline, in parts of a hundred.
const TICKS: [u64; 5] = [0, 25, 50, 75, 100];

/// The page; `linking` are the spans of other traces that link to this one.
pub(super) fn page(trace: &Trace, linking: &[Span]) -> Markup {
    let palette = Palette::of(trace);
    let outline = trace.outline();
    let frame = Frame { begin: begin(trace), took: took(trace).max(1), trace_id: trace.id(), palette: &palette };
    document(
        title(trace),
        html! {
            h1 { (title(trace)) }
            (facts(trace))
            ul .legend aria-label="Functions" {
                @for (service, colour) in palette.services() {
                    li { (chip(service, *colour)) " " span .quiet { (count(of_service(trace, service), "span")) } }
                }
            }
            div .wide tabindex="0" role="region" aria-label="Waterfall of spans" {
                table .waterfall {
                    caption { "Every span below the one that caused it, in milliseconds. Open a span to see its attributes." }
                    thead {
                        tr {
                            th scope="col" .what { "Span" }
                            th scope="col" { "Function" }
                            th scope="col" { "Kind" }
                            th scope="col" { "Status" }
                            th scope="col" .number { "Began" }
                            th scope="col" .number { "Took" }
                            th scope="col" .time { (ruler(&frame)) }
                        }
                    }
                    tbody { @for line in &outline { (frame.row(line)) } }
                }
            }
            @if !linking.is_empty() { (linked_from(linking)) }
        },
    )
}

fn facts(trace: &Trace) -> Markup {
    let errors = errors(trace);
    html! {
        dl .facts {
            div { dt { "Trace" } dd { code { (trace.id()) } " " a href={ "/traces/" (trace.id()) ".json" } { "JSON" } } }
            div { dt { "Began" } dd { time { (moment(begin(trace))) } " UTC" } }
            div { dt { "Took" } dd { (ms(took(trace))) " ms" } }
            div { dt { "Spans" } dd { (trace.spans().len()) } }
            div { dt { "Errors" } dd class=[(errors > 0).then_some("failed")] { (errors) } }
        }
    }
}

fn of_service(trace: &Trace, service: &str) -> usize {
    trace.spans().iter().filter(|span| span.service == service).count()
}

/// The scale of the timeline.
fn ruler(frame: &Frame<'_>) -> Markup {
    html! {
        span .said { "Timeline" }
        span .ruler aria-hidden="true" {
            @for tick in TICKS {
                span .tick style={ "left:" (tick) "%" } { (ms(frame.took * tick / 100)) }
            }
        }
    }
}

fn linked_from(linking: &[Span]) -> Markup {
    html! {
        section {
            h2 { "Linked from other traces" }
            ul {
                @for span in linking {
                    li {
                        a href={ "/traces/" (span.trace_id) "#" (anchor(&span.span_id)) } { (span.name) }
                        " " span .quiet { (named(&span.service)) ", trace " (short(&span.trace_id)) }
                    }
                }
            }
        }
    }
}

/// The id of a span's row.
fn anchor(span_id: &str) -> String {
    format!("span-{span_id}")
}

/// Enough of an id to tell two apart.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// What a row's place is told by.
struct Frame<'page> {
    begin: u64,
    /// At least one nanosecond.
    took: u64,
    trace_id: &'page str,
    palette: &'page Palette<'page>,
}

impl Frame<'_> {
    fn row(&self, line: &Line<'_>) -> Markup {
        let span = line.span;
        let after = span.start.saturating_sub(self.begin);
        let lasted = span.end.saturating_sub(span.start);
        let failed = span.error.as_ref().map(|_| "failed");
        html! {
            tr #(anchor(&span.span_id)) class=[failed] {
                th scope="row" .what style={ "--depth:" (line.depth.min(DEEPEST)) } {
                    details {
                        summary { (span.name) }
                        (about(span))
                    }
                    @if line.orphan { p .remark { "The span that caused it is not here." } }
                    @for link in &span.links { p .remark { "Linked to " (self.link(link)) } }
                    @if let Some(error) = &span.error { p .remark .failed { (error) } }
                }
                td { (named(&span.service)) }
                td { (span.kind) }
                td class=[failed] { (status(span)) }
                td .number { "+" (ms(after)) }
                td .number { (ms(lasted)) }
                td .time aria-hidden="true" { (self.bar(span, after, lasted)) }
            }
        }
    }

    fn bar(&self, span: &Span, after: u64, lasted: u64) -> Markup {
        let (left, width) = (self.part(after), self.part(lasted));
        let class = self.palette.class(&span.service);
        html! { span .bar .(class) style={ "left:" (left) "%;width:" (width) "%" } {} }
    }

    /// In parts of a hundred of the whole, as CSS writes it.
    fn part(&self, nanoseconds: u64) -> String {
        let (part, whole) = (std::time::Duration::from_nanos(nanoseconds), std::time::Duration::from_nanos(self.took));
        format!("{:.3}", part.div_duration_f64(whole) * 100.0)
    }

    fn link(&self, (trace_id, span_id): &(String, String)) -> Markup {
        let anchor = anchor(span_id);
        html! {
            @if trace_id == self.trace_id {
                a href={ "#" (anchor) } { "span " (short(span_id)) " of this trace" }
            } @else {
                a href={ "/traces/" (trace_id) "#" (anchor) } { "span " (short(span_id)) " of trace " (short(trace_id)) }
            }
        }
    }
}

/// What is known of a span beside its times.
fn about(span: &Span) -> Markup {
    html! {
        dl .attributes {
            @for (name, value) in &span.attributes { dt { (name) } dd { (value) } }
            dt { "span id" } dd { (span.span_id) }
            @if let Some(parent) = &span.parent_id { dt { "parent id" } dd { (parent) } }
            dt { "began" } dd { (moment(span.start)) " UTC" }
        }
    }
}

/// How it ended, with the status of an answer where there is one.
fn status(span: &Span) -> String {
    let outcome = if span.error.is_some() { "failed" } else { "ok" };
    let code = ["http.response.status_code", "db.response.status_code"].map(|name| span.attribute(name));
    let code = code.into_iter().find(|code| !code.is_empty());
    code.map_or_else(|| outcome.to_owned(), |code| format!("{outcome} {code}"))
}
