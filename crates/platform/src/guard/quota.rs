//! Quotas: so many of something in a sliding window of time.
//!
//! Postgres has the last word, in the transaction that inserts. Redis only remembers the last acceptances, so that it
//! can refuse early, before any write: it errs by a second towards letting through, and where it is empty, slow or gone
//! it refuses nobody. Only what was accepted counts.

mod memory;

use std::time::Duration;

use fred::error::Error;
use fred::interfaces::KeysInterface as _;
use fred::prelude::Client;
use fred::types::Expiration;
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;
use time::OffsetDateTime;
use uuid::Uuid;

pub use memory::{Look, Memory};

use crate::http::idempotency::Hash;
use crate::http::problem::{Problem, QUOTA_EXCEEDED};
use crate::telemetry::context;
use crate::telemetry::metric::{Counter, EncodeLabelSet, Family, Instruments, Registry};

/// By how much what is remembered errs towards letting through: more than clocks of two machines differ by.
const GRACE: time::Duration = time::Duration::SECOND;

/// Names a quota and what it said.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct QuotaLabels {
    /// As `RateLimit-Policy` names it.
    quota: &'static str,
    /// `allowed`; `refused`, or by whom it was: `refused_by_redis`, `refused_by_postgres`. Where Redis did not answer
    /// also `unchecked_by_redis`: PostgreSQL has the last word, and is counted, too.
    verdict: &'static str,
}

/// Counts what quotas and rate limits decide. A handler takes it as `Data`.
#[derive(Clone, Debug)]
pub struct QuotaMetrics {
    verdicts: Family<QuotaLabels, Counter>,
}

impl Instruments for QuotaMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self { verdicts: registry.add("quota_verdicts", "Decisions of quotas and rate limits") }
    }
}

impl QuotaMetrics {
    /// Counts a decision, such as `allowed` or `refused`.
    pub fn count(&self, quota: &'static str, verdict: &'static str) {
        self.verdicts.get_or_create(&QuotaLabels { quota, verdict }).inc();
    }
}

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// As header fields and metrics name it.
    pub name: &'static str,
    /// So many …
    pub limit: u16,
    /// … in this time, at any moment.
    pub window: Duration,
}

/// Something that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// When, by the clock of Postgres.
    pub at: OffsetDateTime,
    /// What was made.
    pub id: Uuid,
    /// The hash of the key that it was made under, if under any.
    pub key: Option<Hash>,
}

/// What comes of a look at the last acceptances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Postgres is asked.
    Go,
    /// It is refused without Postgres.
    Refuse {
        /// When there is a place again.
        after: Duration,
    },
}

/// How much of a quota is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many more are allowed now.
    pub left: u16,
    /// How long until there is one more.
    pub reset: Duration,
}

/// Does to keys of its own what quotas do to theirs, so that the prober knows whether this Redis lets them.
pub(crate) async fn rehearse(redis: &Client) -> Result<(), Error> {
    let (window, own) = (Duration::from_secs(60), Uuid::new_v4());
    let quota = Quota { name: "probe", limit: 1, window };
    let (value, set) = (format!("quota:probe:{own}:value"), format!("quota:probe:{own}:set"));
    // A full one lets a script that has begun to write go on, and takes nothing new besides.
    let () = redis.set(value, 0, Some(Expiration::EX(60)), None, false).await?;
    let acceptance = Acceptance { at: OffsetDateTime::UNIX_EPOCH, id: own, key: None };
    memory::remember(redis, &set, quota, &[acceptance]).await?;
    memory::newest(redis, &set, quota.limit).await.map(drop)
}

impl Quota {
    /// What comes of these acceptances, in any order, for a request with this key at `now`.
    #[must_use]
    pub fn verdict(&self, accepted: &[Acceptance], key: Option<&Hash>, now: OffsetDateTime) -> Decision {
        // The answer that was given under the key is repeated, and costs nothing.
        if key.is_some() && accepted.iter().any(|acceptance| acceptance.key.as_ref() == key) {
            return Decision::Go;
        }
        let mut newest_first: Vec<OffsetDateTime> = accepted.iter().map(|acceptance| acceptance.at).collect();
        newest_first.sort_unstable_by(|a, b| b.cmp(a));
        // When as many as are allowed came after it, its end makes the next place.
        let decisive = usize::from(self.limit).checked_sub(1).and_then(|place| newest_first.get(place));
        match decisive.map(|at| *at + self.window - now) {
            Some(after) if after > GRACE => Decision::Refuse { after: after.unsigned_abs() },
            _ => Decision::Go,
        }
    }

    /// The header fields that tell it: `RateLimit-Policy` and `RateLimit` (IETF draft-ietf-httpapi-ratelimit-headers-10).
    #[must_use]
    pub fn fields(&self, standing: Standing) -> [(&'static str, String); 2] {
        let (name, Standing { left, reset }) = (self.name, standing);
        let policy = format!("\"{name}\";q={};w={}", self.limit, self.window.as_secs());
        [("RateLimit-Policy", policy), ("RateLimit", format!("\"{name}\";r={left};t={}", whole_seconds(reset)))]
    }

    /// The refusal.
    #[must_use]
    pub fn exceeded(&self, after: Duration) -> Problem {
        let fields = self.fields(Standing { left: 0, reset: after });
        let problem = Problem::from(QUOTA_EXCEEDED).retry_after(after);
        fields.into_iter().fold(problem, |problem, (name, value)| problem.header(name, value))
    }
}

/// How much is left, for the request's span.
fn note_left(left: u16) {
    context::current().span().set_attribute(KeyValue::new("app.quota.left", i64::from(left)));
}

/// Rounded up, as `Retry-After` is, so that nobody comes back a moment too soon.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests;
