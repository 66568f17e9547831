//! What the worker says of itself: the names of its metrics, spans and attributes, and nothing personal in any of them.

use std::error::Error;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, MESSAGING_BATCH_MESSAGE_COUNT, MESSAGING_DESTINATION_NAME, MESSAGING_MESSAGE_ID,
    MESSAGING_OPERATION_NAME, MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM,
};
use platform::clock::Stopwatch;
use platform::postgres::outbox;
use platform::telemetry::context;
use platform::telemetry::log::chain;
use platform::telemetry::metric::{Counter, Family, Gauge, Histogram, Instruments, Registry, seconds, waits};
use platform::telemetry::throttle;
use platform::telemetry::trace::{OpenSpan, between};
use prometheus_client::encoding::EncodeLabelSet;

use crate::protocol::{ErrorName, Refusal, reason};
use crate::store::{Claimed, Queued, Store};

/// As the breaker's metrics, spans and lines call what it stands before.
pub const RESEND: &str = "resend";
const KIND: &str = "app.mail.kind";
const OUTCOME: &str = "app.mail.outcome";
const ATTEMPT: &str = "app.mail.attempt";

/// What became of mails, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Resend has them.
    Sent,
    /// They will never be sent.
    Dead,
    /// Nobody can know whether they were sent.
    Uncertain,
    /// They were too late.
    Expired,
    /// They are tried again.
    Retried,
    /// They were given back untried, because the process ends.
    Returned,
    /// Another worker has them by now, and says what becomes of them.
    Lost,
}

impl Outcome {
    /// As metrics, spans and logs call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Uncertain => "uncertain",
            Self::Expired => "expired",
            Self::Retried => "retried",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }

    /// Whether a mail is not on its way by it. Of those that another worker has that one says so.
    const fn has_failed(self) -> bool {
        !matches!(self, Self::Sent | Self::Returned | Self::Lost)
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MailLabels {
    kind: String,
    outcome: &'static str,
    /// What went wrong, by one of so many names; empty where nothing did.
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: String,
}

/// The worker's metrics.
#[derive(Clone, Debug)]
pub struct WorkerMetrics {
    mails: Family<MailLabels, Counter>,
    send: Histogram,
    wait: Family<KindLabels, Histogram, fn() -> Histogram>,
    /// Batches that are worked on now.
    pub under_way: Gauge,
}

impl Instruments for WorkerMetrics {
    fn register(registry: &mut Registry) -> Self {
        let wait = "Time from when a mail was caused until Resend had it";
        let mails = "Mails by what became of them and why; a mail is retried as often as it is";
        Self {
            mails: registry.add("mails", mails),
            wait: registry.add_seconds("mail_wait", wait, Family::new_with_constructor(waits as fn() -> Histogram)),
            send: registry.add_seconds("mail_send_duration", "Time that posts to Resend took", seconds()),
            under_way: registry.add("batches_under_way", "Batches that are worked on"),
        }
    }
}

impl WorkerMetrics {
    /// Counts mails of a kind, and tells of those that will never arrive.
    pub fn count(&self, kind: &str, outcome: Outcome, error: Option<&str>, mails: u64) {
        let (outcome_name, reason) = (outcome.name(), error.map_or("", reason));
        self.mails.get_or_create(&MailLabels { kind: kind.to_owned(), outcome: outcome_name, reason }).inc_by(mails);
        if !matches!(outcome, Outcome::Dead | Outcome::Uncertain | Outcome::Expired) {
            return;
        }
        let class = if reason.is_empty() { outcome_name } else { reason };
        if let Some(count) = throttle::due_of("mails ended unsent", class, mails) {
            tracing::warn!(kind, outcome = outcome_name, class, count, "mails ended unsent");
        }
    }

    /// Notes how long mails of a kind had waited when Resend had them.
    pub fn sent(&self, kind: &str, waits: impl Iterator<Item = Duration>) {
        let histogram = self.wait.get_or_create(&KindLabels { kind: kind.to_owned() });
        waits.for_each(|wait| histogram.observe(wait.as_secs_f64()));
    }

    /// Notes how long a post took.
    pub fn posted(&self, took: Duration) {
        self.send.observe(took.as_secs_f64());
    }
}

/// Tells that the work on a batch came to nothing: what, and why.
pub fn tell_failed(what: &'static str, claimed: &Claimed, error: &(dyn Error + 'static)) {
    if let Some(count) = throttle::due(what, "") {
        tracing::warn!(batch = %claimed.batch.uuid(), error = chain(error), count, "{what}");
    }
}

/// Tells that another worker has a batch by now: this one took longer than its lease.
pub fn tell_lost(claimed: &Claimed) {
    if let Some(count) = throttle::due("the lease of a batch was lost", "") {
        let (batch, kind, attempts) = (claimed.batch.uuid(), &claimed.kind, claimed.attempts);
        tracing::warn!(%batch, kind, attempts, class = "taken_over", count, "the lease of a batch was lost");
    }
}

/// Tells what Resend says of us, rather than of a mail: while it says so, no mail leaves.
pub fn tell_refused(refusal: Refusal, name: &ErrorName) {
    let class = reason(name.as_str());
    match refusal {
        Refusal::Setup => {
            if let Some(count) = throttle::due("Resend refuses us", class) {
                tracing::error!(class, count, "Resend refuses us: see the API key and the sender's domain");
            }
        }
        Refusal::DailyQuota | Refusal::MonthlyQuota => {
            if let Some(count) = throttle::due("the mails are used up", class) {
                tracing::warn!(class, count, "the mails that Resend allows are used up");
            }
        }
        Refusal::Content | Refusal::Concurrent | Refusal::KeyReused | Refusal::Busy => {}
    }
}

/// Opens the trace of a batch, as of the moment that its claim began.
#[must_use]
pub fn batch_trace(store: &Store, claimed: &Claimed, claim: Stopwatch) -> OpenSpan {
    let mails = i64::try_from(claimed.mails.len()).unwrap_or(i64::MAX);
    let root = OpenSpan::began(
        &Context::new(),
        "mail batch",
        SpanKind::Internal,
        vec![
            KeyValue::new(MESSAGING_SYSTEM, outbox::SYSTEM),
            KeyValue::new(MESSAGING_OPERATION_NAME, "send"),
            KeyValue::new(MESSAGING_DESTINATION_NAME, outbox::DESTINATION),
            KeyValue::new(MESSAGING_BATCH_MESSAGE_COUNT, mails),
            KeyValue::new(KIND, claimed.kind.clone()),
            KeyValue::new(ATTEMPT, i64::from(claimed.attempts)),
        ],
        claim,
    );
    store.tell_claim(root.context(), claim);
    root
}

/// Writes a mail's share of a post into the trace of its cause, with a link to the trace of the batch.
pub fn mail_span(
    mail: &Queued,
    kind: &str,
    times: (SystemTime, SystemTime),
    outcome: Outcome,
    error: Option<&str>,
    batch: &Context,
) {
    let cause = mail.traceparent.as_deref().and_then(|parent| context::from_row(parent, mail.tracestate.as_deref()));
    let cause = cause.unwrap_or_default();
    let mut attributes = vec![
        KeyValue::new(MESSAGING_SYSTEM, outbox::SYSTEM),
        KeyValue::new(MESSAGING_OPERATION_NAME, "send"),
        KeyValue::new(MESSAGING_OPERATION_TYPE, "process"),
        KeyValue::new(MESSAGING_DESTINATION_NAME, outbox::DESTINATION),
        KeyValue::new(MESSAGING_MESSAGE_ID, mail.id.to_string()),
        KeyValue::new(KIND, kind.to_owned()),
        KeyValue::new(OUTCOME, outcome.name()),
    ];
    let (class, error) = failure(outcome, error);
    attributes.extend(class.map(|class| KeyValue::new(ERROR_TYPE, class)));
    between(&cause, "send mail", SpanKind::Consumer, times, attributes, Some(batch), error);
}

/// Ends the trace of a batch with what became of it.
pub fn end_batch(trace: OpenSpan, outcome: Outcome, error: Option<&str>) {
    trace.set(KeyValue::new(OUTCOME, outcome.name()));
    let (class, error) = failure(outcome, error);
    if let Some(class) = class {
        trace.set(KeyValue::new(ERROR_TYPE, class));
    }
    trace.end(error);
}

/// Its class and its text, where a mail is not on its way.
fn failure(outcome: Outcome, error: Option<&str>) -> (Option<&'static str>, Option<String>) {
    let failed = || (error.map_or(outcome.name(), reason), error.unwrap_or(outcome.name()).to_owned());
    outcome.has_failed().then(failed).unzip()
}

#[cfg(test)]
mod tests {
    use platform::telemetry::metric::Metrics;

    use super::*;

    #[test]
    fn mails_are_counted_by_kind_outcome_and_reason() {
        let metrics = Metrics::default();
        let own: WorkerMetrics = metrics.of();
        own.count("sign_in_link", Outcome::Sent, None, 2);
        own.count("sign_in_link", Outcome::Retried, Some("a_name_of_tomorrow"), 1);
        own.posted(Duration::from_millis(30));
        own.sent("sign_in_link", [Duration::from_secs(2), Duration::from_secs(61)].into_iter());
        let text = metrics.text();
        assert!(text.contains(r#"board_mails_total{kind="sign_in_link",outcome="sent",reason=""} 2"#), "{text}");
        assert!(text.contains(r#"outcome="retried",reason="other"} 1"#), "{text}");
        assert!(text.contains("board_mail_send_duration_seconds_count 1"), "{text}");
        assert!(text.contains(r#"board_mail_wait_seconds_bucket{le="60.0",kind="sign_in_link"} 1"#), "{text}");
        assert!(text.contains("board_batches_under_way 0"), "{text}");
    }
}
