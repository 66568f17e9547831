//! The last acceptances, as Redis remembers them: a sorted set for each person, by time.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fred::error::Error;
use fred::interfaces::SortedSetsInterface as _;
use fred::prelude::{Client, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Acceptance, Decision, Quota, QuotaMetrics, note_left};
use crate::clock::{Clock, Stopwatch};
use crate::guard::deadline;
use crate::http::edge::Caller;
use crate::http::idempotency::Hash;
use crate::http::problem::{INTERNAL, Problem};
use crate::redis::script::{self, EVAL};
use crate::redis::{NoAnswer, Redis};
use crate::sabotage;

/// What Redis remembers, and where verdicts are counted. A handler takes it.
pub struct Memory {
    redis: Data<Redis>,
    clock: Data<Clock>,
    metrics: Data<QuotaMetrics>,
}

/// A look that let somebody through.
pub struct Look {
    memory: Memory,
    quota: Quota,
    key: String,
    /// What the request may still wait for Redis; none where Redis did not answer, and so is not told either.
    left: Option<Duration>,
}

impl FromRequest for Memory {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let memory = || {
            let (redis, clock) = (request.app_data::<Data<Redis>>()?, request.app_data::<Data<Clock>>()?);
            let metrics = request.app_data::<Data<QuotaMetrics>>()?;
            Some(Self { redis: redis.clone(), clock: clock.clone(), metrics: metrics.clone() })
        };
        ready(memory().ok_or_else(|| Problem::from(INTERNAL).because_text("the function did not ask for Redis")))
    }
}

impl Memory {
    /// Looks in one round trip whether a request must be refused.
    ///
    /// # Errors
    /// The refusal. Redis that does not answer refuses nobody.
    pub async fn look(self, quota: Quota, who: Caller, request: Option<&Hash>) -> Result<Look, Problem> {
        let key = format!("quota:{}:{}", quota.name, who.0);
        let watch = Stopwatch::start();
        let found: Result<Vec<String>, NoAnswer> =
            self.redis.ask("ZRANGE", deadline::REDIS, async |redis| newest(redis, &key, quota.limit).await).await;
        let accepted: Option<Vec<Acceptance>> = found.ok().map(|found| acceptances(&found));
        let verdict = accepted.as_ref().map(|accepted| quota.verdict(accepted, request, self.clock.now()));
        if let Some(Decision::Refuse { after }) = verdict.filter(|_| !sabotage::takes_out("quota look")) {
            self.metrics.count(quota.name, "refused_by_redis");
            note_left(0);
            return Err(quota.exceeded(after));
        }
        if accepted.is_none() {
            self.metrics.count(quota.name, "unchecked_by_redis");
        }
        let left = accepted.map(|_| deadline::REDIS.saturating_sub(watch.elapsed()));
        Ok(Look { memory: self, quota, key, left })
    }
}

impl Look {
    /// After the commit: notes what was accepted, and that `left` more are.
    pub async fn accepted(self, acceptance: Acceptance, left: u16) {
        self.memory.metrics.count(self.quota.name, "allowed");
        note_left(left);
        self.remember(&[acceptance]).await;
    }

    /// After a refusal by Postgres: writes the last acceptances back, so that Redis refuses the next. They are not read
    /// where Redis did not answer; the refusal stands whatever comes of it.
    pub async fn refused<E>(self, last: impl Future<Output = Result<Vec<Acceptance>, E>>) {
        self.memory.metrics.count(self.quota.name, "refused_by_postgres");
        note_left(0);
        if self.left.is_some()
            && let Ok(last) = last.await
        {
            self.remember(&last).await;
        }
    }

    /// In one round trip: adds, keeps as many as are allowed, and forgets all after the window.
    async fn remember(self, accepted: &[Acceptance]) {
        let Some(left) = self.left.filter(|_| !accepted.is_empty()) else { return };
        let told =
            self.memory.redis.ask(EVAL, left, async |redis| remember(redis, &self.key, self.quota, accepted).await);
        // A Redis that forgets refuses less: Postgres counts for itself.
        drop(told.await);
    }
}

/// A set is given its end once more before it grows: where that is refused, nothing is left behind that has none.
const REMEMBER: &str = "redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], unpack(ARGV, 3))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[1])";

/// The last acceptances with their times.
pub(super) async fn newest(redis: &Client, key: &str, limit: u16) -> Result<Vec<String>, Error> {
    redis.zrange(key, 0, i64::from(limit) - 1, None, true, None, true).await
}

/// Adds acceptances, and keeps as many of them as are allowed, for a window.
pub(super) async fn remember(redis: &Client, key: &str, quota: Quota, accepted: &[Acceptance]) -> Result<i64, Error> {
    let window = i64::try_from(quota.window.as_millis()).unwrap_or(i64::MAX);
    let head = [window, -i64::from(quota.limit) - 1].map(Value::from);
    let members = accepted.iter().map(member).flat_map(|(score, member)| [Value::from(score), Value::from(member)]);
    script::run(redis, REMEMBER, key, head.into_iter().chain(members)).await
}

/// The score is the time in milliseconds, which a double holds exactly until the year 287396.
fn member(acceptance: &Acceptance) -> (f64, String) {
    let key = acceptance.key.as_ref().map_or_else(|| "-".to_owned(), |hash| URL_SAFE_NO_PAD.encode(hash));
    ((acceptance.at.unix_timestamp_nanos() / 1_000_000) as f64, format!("{}:{key}", acceptance.id))
}

/// Reads members and scores in turns; what is none of ours is left out.
fn acceptances(found: &[String]) -> Vec<Acceptance> {
    found.chunks_exact(2).filter_map(|pair| acceptance(&pair[0], &pair[1])).collect()
}

fn acceptance(member: &str, score: &str) -> Option<Acceptance> {
    let (id, key) = member.split_once(':')?;
    let nanoseconds = (score.parse::<f64>().ok()? as i128).checked_mul(1_000_000)?;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    let key = if key == "-" { None } else { Some(URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?) };
    Some(Acceptance { at, id: Uuid::parse_str(id).ok()?, key })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_is_remembered_comes_back_to_the_millisecond() {
        let at = datetime!(2030-01-01 12:00:00.123 UTC);
        for key in [None, Some([0xa7; 32])] {
            let accepted = Acceptance { at, id: Uuid::from_u128(7), key };
            let (score, member) = member(&accepted);
            assert_eq!(acceptances(&[member, score.to_string()]), [accepted]);
        }
    }

    #[test]
    fn what_is_none_of_ours_is_left_out() {
        let id = Uuid::nil();
        for member in [
            "",
            "x",
            "x:-",
            &format!("{id}"),
            &format!("{id}:"),
            &format!("{id}:zz"),
            &format!("{id}:{}", "ä".repeat(32)),
        ] {
            assert_eq!(acceptance(member, "1"), None, "{member}");
        }
        for score in ["", "x", "inf", "nan", "1e300"] {
            let read = acceptance(&format!("{id}:-"), score);
            assert!(read.is_none_or(|accepted| accepted.at <= OffsetDateTime::UNIX_EPOCH), "{score}");
        }
    }
}
