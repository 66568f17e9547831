//! Rate limits: so many requests a minute for each person, and for each client address where nobody is signed in.
//! They are loose, to stop a script that runs away, and kept in this process's memory: a read is answered in less time
//! than a question to Redis takes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::quota::QuotaMetrics;
use crate::config::{Reader, Settings, setting};
use crate::http::edge::Network;
use crate::http::problem::{Problem, TOO_MANY_REQUESTS};
use crate::sabotage;
use crate::telemetry::metric::Metrics;

/// What the limits are counted over.
const WINDOW: Duration = Duration::from_secs(60);

/// How many callers a rate limit remembers; those that it forgets have done little lately.
const REMEMBERED: usize = 10_000;

/// How many requests a minute the rate limits let through.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitSettings {
    /// For each person.
    pub person: u32,
    /// For each client address, where nobody is signed in.
    pub address: u32,
}

impl Settings for RateLimitSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let mut limit = |name, about, default| {
            let limit = from.count(setting(name, about), 1..=1_000_000_000, default)?;
            u32::try_from(limit).ok()
        };
        let person = limit("PERSON_REQUESTS_MAX", "requests a minute that a person may send", 600);
        let address = limit(
            "ADDRESS_REQUESTS_MAX",
            "requests a minute that a client address may send without being signed in",
            6_000,
        );
        Some(Self { person: person?, address: address? })
    }
}

/// A rate limit that leaks (the generic cell rate algorithm): of each caller it keeps one time, up to which what was sent
/// has used up the allowance. A caller whose time has passed has the whole allowance, and need not be remembered.
#[derive(Debug)]
struct RateLimit<K> {
    limit: u32,
    used_until: HashMap<K, Instant>,
}

impl<K: Hash + Eq + Copy> RateLimit<K> {
    fn new(limit: u32) -> Self {
        Self { limit, used_until: HashMap::new() }
    }

    /// Whether a request of `key` gets through now; if not, when to try again.
    fn ask(&mut self, key: K, now: Instant) -> Result<(), Duration> {
        let each = WINDOW / self.limit;
        let used_until = self.used_until.get(&key).map_or(now, |until| (*until).max(now));
        let after = used_until + each;
        let over = after.duration_since(now).saturating_sub(WINDOW);
        if !over.is_zero() {
            return Err(over);
        }
        if self.used_until.len() >= REMEMBERED && !self.used_until.contains_key(&key) {
            self.forget(now);
        }
        self.used_until.insert(key, after);
        Ok(())
    }

    /// Forgets who has the whole allowance again and, where nobody has, the half that used least of it.
    fn forget(&mut self, now: Instant) {
        self.used_until.retain(|_, until| *until > now);
        if self.used_until.len() >= REMEMBERED {
            let mut times: Vec<Instant> = self.used_until.values().copied().collect();
            let (_, middle, _) = times.select_nth_unstable(REMEMBERED / 2);
            let middle = *middle;
            self.used_until.retain(|_, until| *until > middle);
        }
    }
}

/// The rate limits of a process.
#[derive(Debug)]
pub struct RateLimits {
    person: Mutex<RateLimit<Uuid>>,
    address: Mutex<RateLimit<Network>>,
    metrics: QuotaMetrics,
}

impl RateLimits {
    /// With these limits.
    #[must_use]
    pub fn new(settings: RateLimitSettings, metrics: &Metrics) -> Self {
        let person = Mutex::new(RateLimit::new(settings.person));
        Self { person, address: Mutex::new(RateLimit::new(settings.address)), metrics: metrics.of() }
    }

    /// Lets a person's request through, or not.
    ///
    /// # Errors
    /// `too-many-requests`.
    pub fn person(&self, id: Uuid) -> Result<(), Problem> {
        if sabotage::takes_out("person rate limit") {
            return Ok(());
        }
        self.ask("person", &self.person, id)
    }

    /// Lets the request of somebody who is not signed in through, or not.
    ///
    /// # Errors
    /// `too-many-requests`.
    pub fn address(&self, network: Network) -> Result<(), Problem> {
        if sabotage::takes_out("address rate limit") {
            return Ok(());
        }
        self.ask("address", &self.address, network)
    }

    fn ask<K: Hash + Eq + Copy>(
        &self,
        quota: &'static str,
        rate_limit: &Mutex<RateLimit<K>>,
        key: K,
    ) -> Result<(), Problem> {
        let mut rate_limit = rate_limit.lock().unwrap_or_else(PoisonError::into_inner);
        let (verdict, limit) = (rate_limit.ask(key, Instant::now()), rate_limit.limit);
        drop(rate_limit);
        self.metrics.count(quota, if verdict.is_ok() { "allowed" } else { "refused" });
        verdict.map_err(|wait| refusal(quota, limit, wait))
    }
}

/// As draft-ietf-httpapi-ratelimit-headers-10 has it: the policy, and what is left of it.
fn refusal(quota: &'static str, limit: u32, wait: Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Problem::from(TOO_MANY_REQUESTS)
        .retry_after(wait)
        .header("ratelimit-policy", format!("\"{quota}\";q={limit};w={}", WINDOW.as_secs()))
        .header("ratelimit", format!("\"{quota}\";r=0;t={seconds}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_whole_allowance_may_be_used_at_once_and_not_one_more() {
        let (mut rate_limit, now) = (RateLimit::new(600), Instant::now());
        assert!((0..600).all(|_| rate_limit.ask('a', now).is_ok()));
        assert_eq!(rate_limit.ask('a', now), Err(Duration::from_millis(100)));
        assert_eq!(rate_limit.ask('b', now), Ok(()), "somebody else's is his own");
    }

    #[test]
    fn who_comes_back_when_told_gets_through() {
        let (mut rate_limit, now) = (RateLimit::new(2), Instant::now());
        assert!((0..2).all(|_| rate_limit.ask('a', now).is_ok()));
        let wait = rate_limit.ask('a', now).expect_err("the third");
        assert_eq!(wait, Duration::from_secs(30));
        let early = now + wait - Duration::from_millis(1);
        assert_eq!(rate_limit.ask('a', early), Err(Duration::from_millis(1)));
        assert_eq!(rate_limit.ask('a', now + wait), Ok(()));
    }

    #[test]
    fn being_refused_costs_nothing() {
        let (mut rate_limit, now) = (RateLimit::new(1), Instant::now());
        assert_eq!(rate_limit.ask('a', now), Ok(()));
        assert!((0..100).all(|_| rate_limit.ask('a', now) == Err(WINDOW)));
        assert_eq!(rate_limit.ask('a', now + WINDOW), Ok(()));
    }

    #[test]
    fn a_rate_limit_remembers_so_many_and_those_who_used_most() {
        let (mut rate_limit, now) = (RateLimit::new(10), Instant::now());
        assert!((0..10).all(|_| rate_limit.ask(0, now).is_ok()));
        for key in 1..50_000 {
            assert_eq!(rate_limit.ask(key, now), Ok(()));
            assert!(rate_limit.used_until.len() <= REMEMBERED);
        }
        assert!(rate_limit.ask(0, now).is_err(), "the one who used it up is remembered");
    }

    proptest! {
        #[test]
        fn a_minute_never_sees_more_than_twice_the_limit(limit in 1_u32..50, gaps in prop::collection::vec(0_u64..5_000, 1..300)) {
            let start = Instant::now();
            let (mut rate_limit, mut now, mut passed) = (RateLimit::new(limit), start, Vec::new());
            for gap in gaps {
                now += Duration::from_millis(gap);
                if rate_limit.ask((), now).is_ok() {
                    passed.push(now);
                }
            }
            for first in &passed {
                let within = passed.iter().filter(|at| **at >= *first && **at < *first + WINDOW).count();
                prop_assert!(within <= 2 * limit as usize);
            }
        }
    }
}
