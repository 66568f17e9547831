//! The page of traces: a list of the newest, and a waterfall for each. It is plain HTML without script, made anew from
//! what the receiver remembers at each look.

mod amount;
mod filter;
mod json;
mod layout;
mod list;
mod palette;
mod search;
mod waterfall;

#[cfg(test)]
mod tests;

use hyper::header::LOCATION;
use hyper::{Response, StatusCode, Uri};
use testbed::Error;
use testbed::otlp::Traces;
use testbed::site::Site;

use filter::Filter;
pub(super) use json::span as span_as_json;
use search::{Reader, Wanted, wanted};

/// Beside the inbox.
const PORT: u16 = 8026;

/// How many traces are listed: nobody reads more, and a load test may have sent thousands.
const MOST_LISTED: usize = 100;

/// Serves the pages, until the value is dropped.
pub(super) fn serve(traces: Traces) -> Result<Site, Error> {
    Site::start(PORT, move |uri| page(&traces, uri))
}

fn page(traces: &Traces, uri: &Uri) -> Response<String> {
    match wanted(uri) {
        Wanted::List(filter) => layout::html(StatusCode::OK, list::page(&listed(traces, &filter), &filter)),
        Wanted::ListJson(filter) => json::list(&listed(traces, &filter)),
        Wanted::Search(id) => found(traces, &id),
        Wanted::Waterfall(id) => match known(traces, &id) {
            Some(trace) => layout::html(StatusCode::OK, waterfall::page(&trace, &traces.linking_to(&id))),
            None => unknown(&id),
        },
        Wanted::Json(id, filter) => json::answer(known(traces, &id).as_ref(), &filter),
        Wanted::NoFilter(wrong, Reader::Person) => layout::html(StatusCode::BAD_REQUEST, layout::no_filter(&wrong)),
        Wanted::NoFilter(wrong, Reader::Program) => json::no_filter(&wrong),
        Wanted::NoId(given) => layout::html(StatusCode::BAD_REQUEST, layout::no_id(&given)),
        Wanted::Nothing => layout::html(StatusCode::NOT_FOUND, layout::no_page()),
    }
}

fn listed(traces: &Traces, filter: &Filter) -> Vec<testbed::otlp::Trace> {
    traces.newest(MOST_LISTED, |span| filter.takes(span))
}

fn known(traces: &Traces, id: &str) -> Option<testbed::otlp::Trace> {
    Some(traces.trace(id)).filter(|trace| !trace.spans().is_empty())
}

fn unknown(id: &str) -> Response<String> {
    layout::html(StatusCode::NOT_FOUND, layout::unknown(id))
}

/// To the trace's own address, which can be kept and sent to others.
fn found(traces: &Traces, id: &str) -> Response<String> {
    if known(traces, id).is_none() {
        return unknown(id);
    }
    let mut response = layout::html(StatusCode::SEE_OTHER, layout::moved(id));
    let address = format!("/traces/{id}").parse().expect("hexadecimal digits make a header");
    response.headers_mut().insert(LOCATION, address);
    response
}
