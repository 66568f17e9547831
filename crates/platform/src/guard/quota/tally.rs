//! A loose quota, for what nothing is inserted that could be counted exactly: a number in Redis, for all machines
//! together. Its window begins with the first and ends for all of them, so that around its end twice as many get
//! through. Redis that is empty, slow or gone refuses nobody.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use fred::error::Error;
use fred::prelude::{Client, Value};

use super::{Quota, note_left};
use crate::clock::Stopwatch;
use crate::guard::deadline;
use crate::http::problem::{INTERNAL, Problem};
use crate::probe::Degraded;
use crate::redis::script::{self, EVAL};
use crate::redis::{NoAnswer, Redis};
use crate::sabotage;
use crate::telemetry::metric::{Metrics, QuotaLabels};

/// Counts in Redis. A handler takes it.
pub struct Tally {
    redis: Data<Redis>,
    metrics: Data<Metrics>,
    degraded: Data<Degraded>,
}

/// As many were counted as are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("as many were counted as are allowed")]
pub struct Full;

/// One that was counted and let through.
pub struct Counted {
    tally: Tally,
    quota: Quota,
    key: String,
    /// What the request may still wait for Redis; none where Redis did not count.
    left: Option<Duration>,
}

impl FromRequest for Tally {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let tally = || {
            let (redis, metrics) = (request.app_data::<Data<Redis>>()?, request.app_data::<Data<Metrics>>()?);
            let degraded = request.app_data::<Data<Degraded>>()?.clone();
            Some(Self { redis: redis.clone(), metrics: metrics.clone(), degraded })
        };
        ready(tally().ok_or_else(|| Problem::from(INTERNAL).because_text("the function did not ask for Redis")))
    }
}

impl Tally {
    /// Counts one more of `whose`, in one round trip. That text stands in Redis, so it must name nobody.
    ///
    /// # Errors
    /// When as many were counted before as are allowed.
    pub async fn count(self, quota: Quota, whose: &str) -> Result<Counted, Full> {
        let (watch, key) = (Stopwatch::start(), format!("quota:{}:{whose}", quota.name));
        let counted = self.add(quota, &key, 1, deadline::REDIS).await.ok();
        self.tell(quota, counted.is_some());
        let allowed = i64::from(quota.limit);
        let full = counted.is_some_and(|counted| counted > allowed) && !sabotage::takes_out("loose quota");
        let verdict = if full { "refused" } else { "allowed" };
        self.metrics.quota_verdicts.get_or_create(&QuotaLabels { quota: quota.name, verdict }).inc();
        if let Some(counted) = counted {
            note_left(u16::try_from(allowed - counted).unwrap_or_default());
        }
        if full {
            return Err(Full);
        }
        let left = counted.map(|_| deadline::REDIS.saturating_sub(watch.elapsed()));
        Ok(Counted { tally: self, quota, key, left })
    }

    /// Tells `/readyz` while this limits nobody.
    fn tell(&self, quota: Quota, counted: bool) {
        let part = format!("{} limit", quota.name);
        if counted { self.degraded.over(&part) } else { self.degraded.note(part, "unchecked") }
    }

    async fn add(&self, quota: Quota, key: &str, one: i64, limit: Duration) -> Result<i64, NoAnswer> {
        self.redis.ask(EVAL, limit, async |redis| add(redis, quota.window, key, one).await).await
    }
}

/// The key has its end before anything is counted: whichever command is refused, none is left that counts for ever, and
/// locks somebody out once the command is back.
const ADD: &str = "redis.call('SET', KEYS[1], 0, 'EX', ARGV[1], 'NX')
return redis.call('INCRBY', KEYS[1], ARGV[2])";

/// The same with its end behind it, to see that this is seen.
const ADD_FIRST: &str = "local counted = redis.call('INCRBY', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[1], 'NX')
return counted";

/// Adds to a number, which is forgotten a window after it was first made.
pub(super) async fn add(redis: &Client, window: Duration, key: &str, one: i64) -> Result<i64, Error> {
    let script = if sabotage::takes_out("ends of counts") { ADD_FIRST } else { ADD };
    let window = i64::try_from(window.as_secs()).unwrap_or(i64::MAX);
    script::run(redis, script, key, [window, one].map(Value::from)).await
}

impl Counted {
    /// What was counted came to nothing: only what was done counts.
    pub async fn give_back(self) {
        let Some(left) = self.left else { return };
        // A Redis that is gone meanwhile has forgotten it, or counts one too many for a window at most.
        drop(self.tally.add(self.quota, &self.key, -1, left).await);
    }
}
