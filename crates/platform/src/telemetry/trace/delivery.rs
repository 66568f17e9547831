//! How spans reach their receiver: what may be repeated is, as OTLP/HTTP 1 has it, and nothing else; whatever fails is
//! told, by its class.

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message as _;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::OtlpSettings;
use crate::clock::{Clock, Stopwatch};
use crate::http::edge::once;
use crate::http::{client, failure};
use crate::sabotage;
use crate::telemetry::metric::Counter;
use crate::telemetry::throttle;

/// The first wait before a request is repeated, doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest of these waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// No `Retry-After` is believed beyond this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// Refusals that the next batch would hear as well: sent at once, it would only be one more of them.
const OF_EVERY_BATCH: [&str; 4] = ["http_401", "http_403", "http_404", "http_405"];

/// What is told, with `class` and `count`.
const FAILED: &str = "spans could not be handed over";

/// Hands spans to a receiver over OTLP/HTTP. One batch is under way at a time.
#[derive(Debug)]
pub(super) struct Delivery {
    http: reqwest::Client,
    settings: OtlpSettings,
    resource: ResourceAttributesWithSchema,
    /// How old a batch may be and still be repeated.
    repeated_for: Duration,
    ending: watch::Receiver<bool>,
    dropped: Counter,
    clock: Clock,
    /// Until when the receiver is left alone, by this batch and the next.
    rests_until: Mutex<Instant>,
}

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The HTTP stack cannot be had.
    #[error("spans cannot be sent: there is no HTTP client")]
    Http(#[from] reqwest::Error),
}

/// Why a try came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Failed {
    class: &'static str,
    again: Again,
}

/// Whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// It would only be refused again.
    Never,
    /// After a while, and after what the receiver asked for.
    After(Duration),
}

/// A batch that is not sent again; why has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost;

impl Failed {
    /// Of an answer with this status, and this `Retry-After`.
    fn with(status: u16, retry_after: Option<Duration>) -> Self {
        let again = match status {
            429 | 502..=504 => Again::After(retry_after.unwrap_or_default()),
            _ if sabotage::takes_out("end of refused spans") => Again::After(Duration::ZERO),
            _ => Again::Never,
        };
        Self { class: class(status), again }
    }

    /// How long to leave the receiver alone after this many tries. At `jitter` from 0 to 1, so that not all machines come
    /// back at once.
    fn wait(self, tries: u32, jitter: f64) -> Duration {
        match self.again {
            Again::Never if OF_EVERY_BATCH.contains(&self.class) => LONGEST_WAIT,
            Again::Never => Duration::ZERO,
            Again::After(asked) => {
                let wait = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(8)).min(LONGEST_WAIT);
                asked.max(wait.mul_f64(0.5 + jitter / 2.0))
            }
        }
    }

    fn tell(self) {
        let Self { class, .. } = self;
        let Some(count) = throttle::due(FAILED, class) else { return };
        if matches!(class, "http_401" | "http_403") {
            tracing::error!(class, count, "{FAILED}");
        } else {
            tracing::warn!(class, count, "{FAILED}");
        }
    }
}

impl From<&reqwest::Error> for Failed {
    fn from(error: &reqwest::Error) -> Self {
        let class = failure::class(error);
        let again = if error.is_builder() { Again::Never } else { Again::After(Duration::ZERO) };
        Self { class, again }
    }
}

/// Those that receivers answer with have a class of their own.
const STATUSES: [(u16, &str); 13] = [
    (400, "http_400"),
    (401, "http_401"),
    (403, "http_403"),
    (404, "http_404"),
    (405, "http_405"),
    (408, "http_408"),
    (413, "http_413"),
    (415, "http_415"),
    (429, "http_429"),
    (500, "http_500"),
    (502, "http_502"),
    (503, "http_503"),
    (504, "http_504"),
];

fn class(status: u16) -> &'static str {
    let known = STATUSES.into_iter().find(|(known, _)| *known == status);
    known.map_or_else(
        || match status {
            ..400 => "http_3xx",
            400..500 => "http_4xx",
            _ => "http_5xx",
        },
        |(_, class)| class,
    )
}

/// As RFC 9110 has it: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = once(headers.get_all(RETRY_AFTER)).ok().flatten()?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        // A date that is over is no wait.
        Err(_) => Duration::try_from(OffsetDateTime::parse(text, &Rfc2822).ok()? - now).unwrap_or_default(),
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

impl Delivery {
    pub(super) fn new(
        settings: OtlpSettings,
        resource: &Resource,
        repeated_for: Duration,
        ending: watch::Receiver<bool>,
        dropped: Counter,
    ) -> Result<Self, ExportError> {
        let mut http = client::of_function().timeout(settings.timeout);
        if let Some(tls) = &settings.tls {
            http = http.tls_backend_preconfigured(tls.clone());
        }
        Ok(Self {
            http: http.build()?,
            settings,
            resource: resource.into(),
            repeated_for,
            ending,
            dropped,
            clock: Clock::system(),
            rests_until: Mutex::new(Instant::now()),
        })
    }

    /// Sends until they are taken, or will not be.
    pub(super) async fn deliver(&self, spans: Vec<SpanData>) -> Result<u64, Lost> {
        if !self.rested().await {
            return Err(Lost);
        }
        let body = self.body(spans);
        let (watch, mut tries) = (Stopwatch::start(), 0);
        loop {
            let failed = match self.exchange(body.clone()).await {
                Ok(rejected) => return Ok(rejected),
                Err(failed) => failed,
            };
            failed.tell();
            tries += 1;
            *self.rests_until() = Instant::now() + failed.wait(tries, rand::random());
            if failed.again == Again::Never || watch.elapsed() >= self.repeated_for || !self.rested().await {
                return Err(Lost);
            }
        }
    }

    fn body(&self, spans: Vec<SpanData>) -> Bytes {
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        let plain = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        if !self.settings.gzip {
            return plain.into();
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        // Writing into memory cannot fail.
        let _ = packed.write_all(&plain);
        packed.finish().unwrap_or_default().into()
    }

    /// Waits until the receiver may be asked; false when the process ends before.
    async fn rested(&self) -> bool {
        let (until, mut ending) = (*self.rests_until(), self.ending.clone());
        until <= Instant::now() || timeout_at(until, ending.wait_for(|ending| *ending)).await.is_err()
    }

    fn rests_until(&self) -> MutexGuard<'_, Instant> {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn exchange(&self, body: Bytes) -> Result<u64, Failed> {
        let mut sent = self.http.post(self.settings.url.clone()).headers(self.settings.headers.clone());
        sent = sent.header(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        if self.settings.gzip {
            sent = sent.header(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let answer = sent.body(body).send().await.map_err(|error| Failed::from(&error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(Failed::with(status.as_u16(), retry_after(answer.headers(), self.clock.now())));
        }
        Ok(self.note_rejected(&answer.bytes().await.map_err(|error| Failed::from(&error))?))
    }

    /// A receiver may take a batch but for some of its spans, and says so in the body of a good answer: how many.
    fn note_rejected(&self, body: &Bytes) -> u64 {
        // What cannot be read says nothing; most bodies are empty.
        let told = ExportTraceServiceResponse::decode(body.clone()).unwrap_or_default().partial_success;
        let rejected = told.and_then(|told| u64::try_from(told.rejected_spans).ok()).filter(|rejected| *rejected > 0);
        let Some(rejected) = rejected else { return 0 };
        self.dropped.inc_by(rejected);
        if let Some(count) = throttle::due_of(FAILED, "rejected", rejected) {
            tracing::warn!(class = "rejected", count, "{FAILED}");
        }
        rejected
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// Guards: end of refused spans.
    #[test]
    fn only_what_otlp_names_is_tried_again() {
        for status in [429, 502, 503, 504] {
            assert_eq!(Failed::with(status, None).again, Again::After(Duration::ZERO), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 405, 413, 415, 422, 500, 501] {
            assert_eq!(Failed::with(status, Some(FIRST_WAIT)).again, Again::Never, "{status}");
        }
    }

    #[test]
    fn waits_grow_and_never_come_before_what_was_asked_for() {
        let busy = Failed::with(503, None);
        let waits = [1, 2, 3, 4, 5, 60].map(|tries| busy.wait(tries, 1.0).as_secs());
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
        assert_eq!(busy.wait(1, 0.0), FIRST_WAIT / 2);
        let asked = Duration::from_secs(120);
        assert_eq!(Failed::with(429, Some(asked)).wait(60, 1.0), asked);
    }

    #[test]
    fn what_every_batch_would_hear_is_not_asked_for_by_each() {
        for (status, wait) in [(401, LONGEST_WAIT), (404, LONGEST_WAIT), (413, Duration::ZERO), (400, Duration::ZERO)] {
            assert_eq!(Failed::with(status, None).wait(1, 0.5), wait, "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_and_has_a_bound() {
        let now = datetime!(2026-11-27 10:00:00 UTC);
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("a header"))]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!((read("7"), read("99999999")), (Some(7), Some(3_600)));
        assert_eq!(read("Fri, 27 Nov 2026 10:00:30 GMT"), Some(30));
        assert_eq!(read("Fri, 27 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!((read("soon"), read("-1")), (None, None));
    }
}
