//! The list of the newest traces.

use std::cmp::Reverse;

use maud::{Markup, html};
use testbed::board::Part;
use testbed::otlp::Trace;

use super::amount::{count, moment, ms};
use super::filter::Filter;
use super::layout::document;
use super::palette::{Palette, class};

/// The newest first; `traces` in any order.
pub(super) fn newest_first(traces: &[Trace]) -> Vec<&Trace> {
    let mut shown: Vec<&Trace> = traces.iter().collect();
    shown.sort_by_key(|trace| Reverse(trace.spans().first().map(|span| span.start)));
    shown
}

/// The list, and the filter that made it.
pub(super) fn page(traces: &[Trace], filter: &Filter) -> Markup {
    let shown = newest_first(traces);
    document(
        "Traces",
        html! {
            h1 { "Traces" }
            (form(filter))
            @if shown.is_empty() && filter.is_any() {
                p { "No trace that is here has a span like that. Spans arrive some seconds after they end, so look again." }
            } @else if shown.is_empty() {
                p { "No trace has arrived yet. Ask one of the functions for something: its trace is here some seconds later." }
            } @else {
                (table(&shown, filter))
            }
        },
    )
}

/// One span has to be all that is asked for.
fn form(filter: &Filter) -> Markup {
    html! {
        form .filter method="get" action="/" aria-label="Filter" {
            label { input type="checkbox" name="errors" value="1" checked[filter.errors]; " failed" }
            label { "slower than " input type="number" name="slower_ms" min="0" step="any" value=[filter.slower_ms]; " ms" }
            label { "function " input name="function" list="functions" size="14" value=[filter.function.as_deref()]; }
            datalist id="functions" { @for part in Part::all() { option value=(part.name()) {} } }
            label { "operation has " input name="operation" size="24" value=[filter.operation.as_deref()] placeholder="POST /v1/sign-in"; }
            button { "Filter" }
            @if filter.is_any() { a href="/" { "All traces" } }
        }
    }
}

fn table(shown: &[&Trace], filter: &Filter) -> Markup {
    html! {
        div .wide tabindex="0" role="region" aria-label="List of traces" {
            table .list {
                caption {
                    (count(shown.len(), "trace"))
                    @if filter.is_any() { " with such a span" }
                    ", newest first; older ones are found by their id."
                }
                thead {
                    tr {
                        th scope="col" { "Began (UTC)" }
                        th scope="col" { "Trace" }
                        th scope="col" { "Functions" }
                        th scope="col" .number { "Took" }
                        th scope="col" .number { "Spans" }
                        th scope="col" .number { "Errors" }
                    }
                }
                tbody { @for trace in shown { (row(trace)) } }
            }
        }
    }
}

fn row(trace: &Trace) -> Markup {
    let errors = errors(trace);
    html! {
        tr {
            td .number { time { (moment(begin(trace))) } }
            th scope="row" { a href={ "/traces/" (trace.id()) } { (title(trace)) } }
            td { @for (service, colour) in Palette::of(trace).services() { (chip(service, *colour)) " " } }
            td .number { (ms(took(trace))) " ms" }
            td .number { (trace.spans().len()) }
            td .number .failed[errors > 0] { (errors) }
        }
    }
}

/// A service by its colour and name.
pub(super) fn chip(service: &str, colour: usize) -> Markup {
    html! { span .chip { span .swatch .(class(colour)) aria-hidden="true" {} (named(service)) } }
}

/// A process that did not say its name has a place nevertheless.
pub(super) fn named(service: &str) -> &str {
    if service.is_empty() { "(nameless)" } else { service }
}

/// What a trace is called by: its root, or the first span that is here.
pub(super) fn title(trace: &Trace) -> &str {
    let first = trace.roots().first().copied().or_else(|| trace.spans().first());
    first.map_or("(no spans)", |span| span.name.as_str())
}

/// When the first span began: nanoseconds since 1970.
pub(super) fn begin(trace: &Trace) -> u64 {
    trace.spans().first().map_or(0, |span| span.start)
}

/// From the first begin to the last end, in nanoseconds.
pub(super) fn took(trace: &Trace) -> u64 {
    let end = trace.spans().iter().map(|span| span.end).max();
    end.unwrap_or_default().saturating_sub(begin(trace))
}

/// How many spans failed.
pub(super) fn errors(trace: &Trace) -> usize {
    trace.spans().iter().filter(|span| span.error.is_some()).count()
}
