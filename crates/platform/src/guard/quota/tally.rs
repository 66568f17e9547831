//! A loose quota, for what nothing is inserted that could be counted exactly: a number in Redis, for all machines
//! together. Its window begins with the first and ends for all of them, so that around its end twice as many get
//! through. Redis that is empty, slow or gone refuses nobody.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use fred::interfaces::KeysInterface as _;
use fred::types::ExpireOptions;

use super::{Quota, note_left};
use crate::clock::Stopwatch;
use crate::guard::deadline;
use crate::http::problem::{INTERNAL, Problem};
use crate::redis::{NoAnswer, Redis};
use crate::sabotage;
use crate::telemetry::metric::{Metrics, QuotaLabels};

/// Counts in Redis. A handler takes it.
pub struct Tally {
    redis: Data<Redis>,
    metrics: Data<Metrics>,
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
            Some(Self { redis: redis.clone(), metrics: metrics.clone() })
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

    /// Adds to a number, which is forgotten a window after it was first made. Whichever command makes or finds it
    /// without an end gives it one: a connection that is lost between the two must not count for ever.
    async fn add(&self, quota: Quota, key: &str, one: i64, limit: Duration) -> Result<i64, NoAnswer> {
        let window = i64::try_from(quota.window.as_secs()).unwrap_or(i64::MAX);
        let told = self.redis.ask("PIPELINE", limit, async |redis| {
            let pipeline = redis.pipeline();
            let () = pipeline.incr_by(key, one).await?;
            let () = pipeline.expire(key, window, Some(ExpireOptions::NX)).await?;
            pipeline.all::<(i64, i64)>().await
        });
        told.await.map(|(counted, _)| counted)
    }
}

impl Counted {
    /// What was counted came to nothing: only what was done counts.
    pub async fn give_back(self) {
        let Some(left) = self.left else { return };
        // A Redis that is gone meanwhile has forgotten it, or counts one too many for a window at most.
        drop(self.tally.add(self.quota, &self.key, -1, left).await);
    }
}
