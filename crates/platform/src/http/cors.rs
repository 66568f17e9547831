//! Which pages of other origins may ask, and read what they are answered: <https://fetch.spec.whatwg.org/#http-cors-protocol>.

use std::str::FromStr;

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN};
use url::Url;

use crate::config::{Reader, setting};
use crate::http::edge::once;

const WANTED: &str = "origins such as https://board.example, comma-separated, without a path";

/// What a page may send beside what every page may.
const SENT: [&str; 7] =
    ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "traceparent", "tracestate"];

/// What a page may read beside what every page may.
const EXPOSED: [&str; 13] = [
    "Accept",
    "Accept-Encoding",
    "Age",
    "Allow",
    "Cache-Status",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Vary",
    "WWW-Authenticate",
];

/// For how many seconds a browser need not ask again: as long as Chromium takes at most.
const KEPT_S: usize = 7_200;

/// The origins whose pages may ask. None, where the setting is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<String>);

impl FromStr for AllowedOrigins {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.split(',').map(|origin| origin_of(origin.trim())).collect::<Option<_>>().map(Self).ok_or(())
    }
}

/// A text that is an origin to the letter, as browsers send it.
fn origin_of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    (url.origin().ascii_serialization() == text && !text.contains('*')).then(|| text.to_owned())
}

impl AllowedOrigins {
    /// Reads `ALLOWED_ORIGINS`.
    pub fn read(from: &mut Reader) -> Option<Self> {
        let about = setting("ALLOWED_ORIGINS", "whose pages in browsers may ask, where they are not of this origin");
        from.optional(about, WANTED).map(Option::unwrap_or_default)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The origin that a request is from, if its page may read what is answered.
    #[must_use]
    pub(crate) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = once(headers.get_all(ORIGIN)).ok().flatten();
        origin.filter(|given| self.0.iter().any(|origin| origin.as_bytes() == given.as_bytes())).cloned()
    }

    /// Whether a page of these origins asks for leave, which touches nothing.
    #[must_use]
    pub(crate) fn is_preflight(&self, method: &Method, headers: &HeaderMap) -> bool {
        asks_for_leave(method, headers) && self.allowed(headers).is_some()
    }

    /// What answers browsers.
    pub(crate) fn cors(&self) -> Cors {
        let methods = [Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE];
        let cors =
            Cors::default().allowed_methods(methods).allowed_headers(SENT).expose_headers(EXPOSED).max_age(KEPT_S);
        self.0.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
    }
}

/// Whether a browser asks for leave, by the same rule as what answers it: anything else goes on to the routes.
pub(crate) fn asks_for_leave(method: &Method, headers: &HeaderMap) -> bool {
    let mut wanted = headers.get_all(ACCESS_CONTROL_REQUEST_METHOD);
    let wanted = wanted.next().and_then(|wanted| wanted.to_str().ok());
    method == Method::OPTIONS && wanted.is_some_and(|wanted| Method::try_from(wanted).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_to_the_letter() {
        let two = AllowedOrigins(vec!["https://board.example".to_owned(), "http://localhost:3000".to_owned()]);
        assert_eq!("https://board.example, http://localhost:3000".parse(), Ok(two));
        for wrong in [
            "*",
            "null",
            "board.example",
            "https://board.example/",
            "https://board.example/path",
            "https://Board.example",
            "https://board.example:443",
            "https://ada:secret@board.example",
            "ftp://board.example",
            "https://*.board.example",
            "https://board.example,",
        ] {
            assert_eq!(wrong.parse::<AllowedOrigins>(), Err(()), "{wrong}");
        }
    }
}
