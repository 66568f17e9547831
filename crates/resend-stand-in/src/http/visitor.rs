//! Who may see the inbox and change the behaviour: whoever runs this, and no page of somebody else's that is open in the
//! same browser. Mails hold links that sign in.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName};
use actix_web::middleware::Next;
use platform::http::edge::once;

use super::reply::refuse;
use crate::problem::Problem;

/// Refuses what a foreign page would have a browser send.
pub(crate) async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match verdict(request.method(), request.headers()) {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_left_body),
        Err(problem) => Ok(request.into_response(refuse(problem)).map_into_right_body()),
    }
}

fn verdict(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| once(headers.get_all(name)).ok().flatten().and_then(|value| value.to_str().ok());
    // A name that leads here today may be one that a stranger's server gave out.
    if !text(HOST).is_some_and(is_own) {
        let message = "Ask for this machine by `localhost`, by an address, or by a name without a dot.";
        return Err(Problem::new(403, "invalid_permission", message));
    }
    let site = HeaderName::from_static("sec-fetch-site");
    if headers.contains_key(&site) && !text(site).is_some_and(|site| matches!(site, "same-origin" | "none")) {
        return Err(Problem::new(403, "invalid_permission", "A page of another site may not ask for this."));
    }
    // A page may send any text without being asked for leave; JSON it may not.
    let json = text(CONTENT_TYPE).is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    if method == Method::POST && !json {
        return Err(Problem::new(415, "validation_error", "The body must be JSON, sent as `application/json`."));
    }
    Ok(())
}

/// Whether a name cannot lead elsewhere: an address, `localhost` and what is below it, a name of this network alone.
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => return address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.is_empty()
        && (!name.contains('.')
            || name.parse::<std::net::Ipv4Addr>().is_ok()
            || ["localhost", "internal"].iter().any(|own| last.eq_ignore_ascii_case(own)))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn refused(method: &Method, fields: &[(&'static str, &'static str)]) -> Option<u16> {
        let headers = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        verdict(method, &headers).err().map(|problem| problem.status)
    }

    #[test]
    fn names_that_cannot_lead_elsewhere_are_our_own() {
        for own in ["localhost:8025", "inbox.localhost", "127.0.0.1:8025", "[::1]:8025", "mail", "mail:1", "a.internal"]
        {
            assert!(is_own(own), "{own}");
        }
        for foreign in ["", ":80", "evil.example", "localhost.evil.example:8025", "127.0.0.1.evil.example", "[evil]:1"]
        {
            assert!(!is_own(foreign), "{foreign}");
        }
        assert_eq!(refused(&Method::GET, &[("host", "evil.example")]), Some(403));
        assert_eq!(refused(&Method::GET, &[]), Some(403));
    }

    #[test]
    fn a_page_of_another_site_is_refused_and_a_person_is_not() {
        for (site, status) in
            [("cross-site", Some(403)), ("same-site", Some(403)), ("same-origin", None), ("none", None)]
        {
            assert_eq!(refused(&Method::GET, &[("host", "localhost"), ("sec-fetch-site", site)]), status, "{site}");
        }
    }

    #[test]
    fn what_any_page_may_send_changes_nothing() {
        let post = |kind| refused(&Method::POST, &[("host", "localhost"), ("content-type", kind)]);
        assert_eq!((post("text/plain"), post("application/x-www-form-urlencoded")), (Some(415), Some(415)));
        assert_eq!((post("application/json"), post("Application/JSON; charset=utf-8")), (None, None));
        assert_eq!(refused(&Method::POST, &[("host", "localhost")]), Some(415));
    }
}
