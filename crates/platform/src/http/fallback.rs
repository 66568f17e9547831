//! The last good answer for when the database cannot give a new one. A reader is better off with a page of a minute ago
//! that says so than with none.
//!
//! Only what was answered to nobody in particular is remembered, so whoever asks may see it. An answer from memory has
//! status 200, `Age` (RFC 9111) and `Cache-Status` (RFC 9211), such as `api; hit; ttl=-32; detail=stale-on-error`:
//!
//! - `hit`, since it came from memory and no other server was asked; `fwd` tells of requests that were passed on, and
//!   RFC 9211 allows one of the two alone.
//! - `ttl` is what is left of its freshness, which our answers promise for a few seconds: less than nothing is how the RFC
//!   says stale, which it is after these.
//! - `detail` is free text of the cache's own, and names the reason.
//!
//! `Cache-Control: no-store` keeps it from outliving the outage in a memory of somebody else's. An answer from the
//! database has neither `Age` nor `Cache-Status`, and may be kept for those seconds where it is the same for everybody.

use std::sync::{Mutex, PoisonError};

use actix_web::HttpResponse;
use actix_web::http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;
use serde::Serialize;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::config::{Reader, Settings, setting};
use crate::guard::fallback::{Last, LastGood, Limits};
use crate::http::edge::{Caller, FRESH_S, body_of, known, public};
use crate::http::problem::{NOT_FOUND, OUTCOME_UNKNOWN, Problem};
use crate::sabotage;
use crate::telemetry::context;
use crate::telemetry::metric::{Counter, EncodeLabelSet, Family, Gauge, Instruments, Metrics, Registry};

const CACHE_STATUS: &str = "Cache-Status";
const MIB: usize = 1024 * 1024;

/// How much is remembered, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct FallbackSettings(Limits);

impl Settings for FallbackSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let room = setting("FALLBACK_MIB", "MiB of memory for last good answers; none are kept in 0");
        let age = setting("FALLBACK_MAX_AGE_S", "how old an answer may be that is given while the database is away");
        let (mib, age) = (from.count(room, 0..=1_024, 8), from.seconds(age, 1.0..=86_400.0, 3_600.0));
        Some(Self(Limits { bytes: mib? * MIB, age: age? }))
    }
}

/// What an answer is of: a canonical address, made of values that were parsed. With a text of the request's, one answer
/// would have as many names as there are ways to write its address; different parts of a list it does not bound, which
/// [`FallbackSettings`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource(String);

impl Resource {
    /// The resource of this canonical address.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self(address.into())
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    /// Its template.
    route: String,
}

#[derive(Clone, Debug)]
struct FallbackMetrics {
    answers: Family<RouteLabels, Counter>,
    bytes: Gauge,
}

impl Instruments for FallbackMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self {
            answers: registry.add("fallback_answers", "Stale answers, given from memory"),
            bytes: registry.add("fallback_bytes", "Bytes of the answers in memory"),
        }
    }
}

/// Goes with an answer from memory, for the log line of its request, and to be counted.
#[derive(Clone, Debug)]
pub struct Stale {
    /// How old it is, in whole seconds.
    pub age_s: u64,
    /// Why there is no better one.
    pub cause: String,
    metrics: FallbackMetrics,
}

impl Stale {
    /// Counts it as an answer of this route.
    pub fn count(&self, route: &str) {
        self.metrics.answers.get_or_create(&RouteLabels { route: route.to_owned() }).inc();
    }
}

/// The last good answers of a process. Its workers share them: what one has answered helps all. Remembering and
/// looking take less than a microsecond each.
#[derive(Debug)]
pub struct Fallback {
    service: &'static str,
    clock: Clock,
    memory: Mutex<LastGood>,
    metrics: FallbackMetrics,
}

impl Fallback {
    /// A memory without answers. `service` names it in `Cache-Status`.
    #[must_use]
    pub fn new(settings: FallbackSettings, service: &'static str, clock: Clock, metrics: &Metrics) -> Self {
        let memory = Mutex::new(LastGood::new(settings.0));
        Self { service, clock, memory, metrics: metrics.of() }
    }

    /// Answers with what `work` gives, as JSON. If the work fails by an outage, the last good answer is given instead,
    /// where there is one: to everybody, for it is what anybody may see. `caller` is whom the answer is worked out
    /// for; nobody, where it is the same for all. A resource that is not found is forgotten.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn answer<T: Serialize>(
        &self,
        resource: Resource,
        caller: Option<Caller>,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<HttpResponse, Problem> {
        let asked = self.clock.now();
        match work.await {
            Ok(answer) => {
                let body = body_of(&answer)?;
                if caller.is_none() || sabotage::takes_out("fallback anonymous only") {
                    self.remember(resource, asked, body.clone());
                }
                let answer = known(body);
                Ok(if caller.is_none() { public(answer) } else { answer })
            }
            Err(problem) if problem.is_outage() && !sabotage::takes_out("fallback") => {
                let last = self.note(|memory| memory.last(&resource.0, self.clock.now()));
                last.map(|last| self.stale(last, &problem)).ok_or(problem)
            }
            Err(problem) => {
                if problem.kind() == NOT_FOUND {
                    self.note(|memory| memory.gone(&resource.0, asked));
                }
                Err(problem)
            }
        }
    }

    /// Says that a change of this begins. Asked for before the work, since a caller that hangs up drops the work anywhere,
    /// also while its commit is under way.
    pub fn change(&self, resource: Resource) -> Change<'_> {
        Change { fallback: self, resource, nothing: false }
    }

    fn remember(&self, resource: Resource, asked: OffsetDateTime, body: Bytes) {
        self.note(|memory| memory.remember(resource.0, asked, body));
    }

    fn stale(&self, last: Last, problem: &Problem) -> HttpResponse {
        let age_s = last.age.as_secs();
        let age = i64::try_from(age_s).unwrap_or(i64::MAX);
        let ttl = i64::from(FRESH_S).saturating_sub(age);
        context::current().span().set_attribute(KeyValue::new("app.fallback.age_s", age));
        let mut answer = HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/json"))
            .insert_header((AGE, age_s))
            .insert_header((CACHE_STATUS, format!("{}; hit; ttl={ttl}; detail=stale-on-error", self.service)))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(last.body);
        answer.extensions_mut().insert(Stale { age_s, cause: problem.to_string(), metrics: self.metrics.clone() });
        answer
    }

    fn note<T>(&self, what: impl FnOnce(&mut LastGood) -> T) -> T {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = what(&mut memory);
        self.metrics.bytes.set(i64::try_from(memory.bytes()).unwrap_or(i64::MAX));
        noted
    }
}

/// A change under way. When it ends, what was changed is forgotten, and so is what may have been: whoever took something
/// down, or is told to look whether they did, must not be shown how it was before.
#[must_use = "dropped at once, it forgets before the change"]
#[derive(Debug)]
pub struct Change<'a> {
    fallback: &'a Fallback,
    resource: Resource,
    /// Whether it is known that nothing was changed.
    nothing: bool,
}

impl Change<'_> {
    /// Ends it with what came of it. What was refused, and what was not there, was not changed.
    pub fn end<T>(mut self, outcome: &Result<Option<T>, Problem>) {
        self.nothing = match outcome {
            Ok(done) => done.is_none(),
            Err(problem) => problem.kind() != OUTCOME_UNKNOWN,
        };
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if !self.nothing {
            self.fallback.note(|memory| memory.changed(&self.resource.0, self.fallback.clock.now()));
        }
    }
}

#[cfg(test)]
mod tests;
