//! The critical request: one that people need, sent once a second by this process to its own port, so that it goes the way
//! theirs go. It is nobody's: it counts with no rate limit, has no line, no span and no place among what is in flight.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::Data;
use reqwest::StatusCode;
use reqwest::header::AGE;
use uuid::Uuid;

use super::{Degraded, ProbeMetrics, ROUND, Steady};
use crate::drain::Drain;
use crate::guard::deadline;
use crate::http::edge::once;
use crate::telemetry::log::chain;
use crate::telemetry::throttle;

/// What carries the mark.
const HEADER: &str = "critical-request";
/// As `degraded` names it.
const NAME: &str = "critical request";

/// Tells that it failed, and why, once a minute at most for each class.
pub fn tell_failed(class: &'static str, error: &str) {
    if let Some(count) = throttle::due("the critical request failed", class) {
        tracing::warn!(class, error, count, "the critical request failed");
    }
}

/// Tells this process's critical request from what others send. Drawn at the start, told to nobody, good for reads alone.
#[derive(Clone)]
pub struct Mark(String);

impl Mark {
    /// A new one.
    #[must_use]
    pub fn drawn() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// Whether this request is the process's own.
    #[must_use]
    pub fn is_on(request: &HttpRequest) -> bool {
        // Nearly nobody sends it: no more is looked at then.
        let Ok(Some(given)) = once(request.headers().get_all(HEADER)) else { return false };
        let mark = request.app_data::<Data<Self>>();
        request.method() == Method::GET && mark.is_some_and(|mark| given.as_bytes() == mark.0.as_bytes())
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark")
    }
}

/// Who sends it, and to where.
pub struct Critical {
    /// The process's HTTP stack.
    pub http: reqwest::Client,
    /// Where the process listens.
    pub listen: SocketAddr,
    /// The path, with its query.
    pub path: &'static str,
    /// What it is known by.
    pub mark: Mark,
}

impl Critical {
    /// Sends it once a second until the process drains.
    pub(crate) async fn ask(self, steady: Steady, degraded: Degraded, metrics: ProbeMetrics, drain: Drain) {
        while !drain.begun() {
            let next = tokio::time::Instant::now() + ROUND;
            let outcome = tokio::time::timeout(deadline::PROBE, self.send()).await;
            let outcome = outcome
                .unwrap_or_else(|_| Err(unanswered(&format!("no answer within {} s", deadline::PROBE.as_secs()))));
            metrics.note(NAME, outcome.is_ok());
            match &outcome {
                Ok(()) => degraded.over(NAME),
                Err(failure) => degraded.note(NAME, failure.as_str()),
            }
            steady.critical(outcome);
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = drain.wait() => {}
            }
        }
    }

    async fn send(&self) -> Result<(), String> {
        let url = format!("http://{}{}", reachable(self.listen), self.path);
        let sent = self.http.get(url).header(HEADER, &self.mark.0).send().await;
        let lost = |error: reqwest::Error| unanswered(&chain(&error.without_url()));
        let answer = sent.map_err(lost)?;
        let (status, stale) = (answer.status(), answer.headers().contains_key(AGE));
        answer.bytes().await.map_err(lost)?;
        match status {
            StatusCode::OK if stale => Err("an old answer, from memory".to_owned()),
            StatusCode::OK => Ok(()),
            status => Err(format!("status {}", status.as_u16())),
        }
    }
}

/// Who answers tells why it failed; here nobody did.
fn unanswered(error: &str) -> String {
    tell_failed("no_answer", error);
    error.to_owned()
}

/// Where a process that listens there is reached from itself.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(address, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn who_listens_everywhere_is_reached_over_the_loopback() {
        let reached = |listen: &str| reachable(listen.parse().expect("an address")).to_string();
        assert_eq!(reached("[::]:8080"), "[::1]:8080");
        assert_eq!(reached("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(reached("10.1.2.3:8080"), "10.1.2.3:8080");
    }

    /// Whoever sends a mark that is not this process's, sends it twice, or writes, is a stranger.
    #[test]
    fn only_a_read_with_the_very_mark_is_the_processes_own() {
        let mark = Mark::drawn();
        let of = |request: TestRequest| request.app_data(Data::new(mark.clone())).to_http_request();
        let marked = || TestRequest::get().append_header(("critical-request", mark.0.as_bytes()));
        assert!(Mark::is_on(&of(marked())));
        assert!(!Mark::is_on(&of(marked().method(Method::POST))));
        assert!(!Mark::is_on(&of(marked().append_header(("critical-request", mark.0.as_bytes())))));
        assert!(!Mark::is_on(&of(TestRequest::get().append_header(("critical-request", "00")))));
        assert!(!Mark::is_on(&of(TestRequest::get())));
        assert!(!Mark::is_on(&marked().to_http_request()), "and where there is none");
    }
}
