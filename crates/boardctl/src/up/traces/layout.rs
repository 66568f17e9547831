//! What all pages have: head, style, the field for an id; and the pages that say one thing.

use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::filter::Wrong;

/// What a page may load and run: nothing but its own style.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("style.css");

/// An answer that a browser shows.
pub(super) fn html(status: StatusCode, page: Markup) -> Response<String> {
    let mut response = Response::new(page.into_string());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    never_kept(headers);
    response
}

/// Spans arrive between two looks.
pub(super) fn never_kept(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// A whole page.
pub(super) fn document(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (title) " · Board" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    nav aria-label="Traces" { a href="/" { "Newest traces" } }
                    form method="get" action="/traces" role="search" {
                        label for="id" { "Trace id" }
                        input id="id" name="id" size="34" required autocomplete="off" spellcheck="false"
                            placeholder="trace_id of a problem or a log line";
                        button { "Show" }
                    }
                }
                main { (content) }
            }
        }
    }
}

/// What was asked for is no id.
pub(super) fn no_id(given: &str) -> Markup {
    notice(
        "This is no trace id",
        html! {
            p { "Given was " code { (given) } "." }
            p {
                "Wanted are 32 hexadecimal digits, such as the " code { "trace_id" } " in a problem or a log line, or a whole "
                code { "traceparent" } "."
            }
        },
    )
}

/// What was asked for cannot be.
pub(super) fn no_filter(wrong: &[Wrong]) -> Markup {
    notice(
        "No trace can be found like that",
        html! { ul { @for Wrong { parameter, wanted } in wrong { li { code { (parameter) } ": wanted " (wanted) "." } } } },
    )
}

/// No span of this trace is here.
pub(super) fn unknown(id: &str) -> Markup {
    notice(
        "This trace is not here",
        html! {
            p { "No span of " code { (id) } " is known. Either" }
            ul {
                li { "it has not arrived yet: spans are sent some seconds after they end, so look again;" }
                li { "it was not sampled;" }
                li { "it is of another run of the board, or was forgotten when newer ones came." }
            }
        },
    )
}

/// There is no such page.
pub(super) fn no_page() -> Markup {
    notice("There is no such page", html! { p { "There is the list of the newest traces, and a page for each." } })
}

/// For browsers that do not follow by themselves.
pub(super) fn moved(id: &str) -> Markup {
    notice("It is here", html! { p { a href={ "/traces/" (id) } { (id) } } })
}

fn notice(title: &str, content: Markup) -> Markup {
    document(title, html! { h1 { (title) } (content) })
}
