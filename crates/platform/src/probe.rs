//! Whether this process is ready. A prober on the main thread asks each dependency once a second; the workers read the
//! verdicts and never ask themselves.

pub mod capacity;
pub mod critical;
pub mod degraded;
mod postgres;
pub(crate) mod pulse;
pub mod steady;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{LocalBoxFuture, join_all};
use serde::Serialize;

pub use degraded::Degraded;
pub use postgres::PostgresCheck;
pub use pulse::Seen;
pub use steady::Steady;

use crate::guard::breaker::{self, Breaker};
use crate::guard::deadline;
use crate::sabotage;
use crate::telemetry::metric::{EncodeLabelSet, Family, Gauge, Instruments, Metrics, Registry};

/// How often the prober asks.
const ROUND: Duration = Duration::from_secs(1);
/// An older verdict says nothing.
const STALE: Duration = Duration::from_secs(5);
/// Bad rounds in a row that make a check bad; one good round makes it good again.
const BAD_ROUNDS: u32 = 2;

/// Something that this process needs in order to be ready.
pub trait Check {
    /// As the body of `/readyz` names it.
    fn name(&self) -> &'static str;

    /// Asks; the error is for people and holds nothing secret. It is cut after 2 s.
    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>>;
}

#[derive(Clone, Debug)]
struct CheckState {
    name: &'static str,
    bad_rounds: u32,
    error: Option<String>,
    at: Option<Instant>,
}

impl CheckState {
    fn new(name: &'static str) -> Self {
        Self { name, bad_rounds: 0, error: None, at: None }
    }

    fn after(self, answer: Result<(), String>, now: Instant) -> Self {
        let (bad_rounds, error) = match answer {
            Ok(()) => (0, None),
            // Before the first good answer there is nothing to be lenient about.
            Err(error) if self.at.is_none() => (BAD_ROUNDS, Some(error)),
            Err(error) => (self.bad_rounds.saturating_add(1), Some(error)),
        };
        Self { bad_rounds, error, at: Some(now), ..self }
    }

    fn good(&self, now: Instant) -> bool {
        self.bad_rounds < BAD_ROUNDS
            && self.at.is_some_and(|at| now.duration_since(at) <= STALE || sabotage::takes_out("stale checks"))
    }
}

/// What the prober found, for every worker to read.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    checks: Vec<CheckState>,
    breakers: Vec<(&'static str, Breaker)>,
    last_round: Option<Instant>,
}

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether everything is good.
    pub ready: bool,
    /// Whether the process is on its way out.
    pub draining: bool,
    /// Each check.
    pub checks: Vec<CheckReport>,
}

/// One check in the body of `/readyz`.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// Which.
    pub name: &'static str,
    /// Whether it is good.
    pub good: bool,
    /// Milliseconds since its last verdict; absent before the first.
    pub age_ms: Option<u64>,
    /// What was wrong when it was last asked.
    pub error: Option<String>,
}

impl CheckReport {
    fn of_breaker(name: &'static str, breaker: &Breaker) -> Self {
        let state = breaker.state();
        let good = state == breaker::State::Closed || sabotage::takes_out("breaker readiness");
        Self { name, good, age_ms: Some(0), error: (!good).then(|| format!("it is {}", state.name())) }
    }
}

impl Readiness {
    /// Nothing is known yet of these checks.
    #[must_use]
    pub fn unknown(names: impl IntoIterator<Item = &'static str>) -> Self {
        let checks = names.into_iter().map(CheckState::new).collect();
        Self(Arc::new(Mutex::new(State { checks, breakers: Vec::new(), last_round: None })))
    }

    /// Makes a breaker a check, too, under this name: it must be closed at the very moment that somebody asks.
    pub(crate) fn require(&self, name: &'static str, breaker: Breaker) {
        self.state().breakers.push((name, breaker));
    }

    /// Everything known now.
    #[must_use]
    pub fn report(&self, draining: bool) -> Report {
        let (state, now) = (self.state(), Instant::now());
        let checks: Vec<_> = state
            .checks
            .iter()
            .map(|verdict| CheckReport {
                name: verdict.name,
                good: verdict.good(now),
                age_ms: verdict.at.map(|at| u64::try_from((now - at).as_millis()).unwrap_or(u64::MAX)),
                error: verdict.error.clone(),
            })
            .chain(state.breakers.iter().map(|(name, breaker)| CheckReport::of_breaker(name, breaker)))
            .collect();
        let ready = !draining && alive(&state, now) && checks.iter().all(|check| check.good);
        Report { ready, draining, checks }
    }

    /// Why nothing should be routed to this process, by what is its own alone: a dependency's loss is not.
    #[must_use]
    pub fn unroutable_because(&self, draining: bool) -> Option<&'static str> {
        if draining {
            return Some("draining");
        }
        let state = self.state();
        match state.last_round {
            None => Some("the prober has not finished its first round"),
            Some(_) if alive(&state, Instant::now()) => None,
            Some(_) => Some("the prober hangs"),
        }
    }

    fn note(&self, answers: Vec<Result<(), String>>) {
        let (mut state, now) = (self.state(), Instant::now());
        let checks = std::mem::take(&mut state.checks);
        state.checks = checks.into_iter().zip(answers).map(|(verdict, answer)| verdict.after(answer, now)).collect();
        state.last_round = Some(now);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn alive(state: &State, now: Instant) -> bool {
    state.last_round.is_some_and(|at| now.duration_since(at) <= STALE)
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CheckLabels {
    /// As `/readyz` names it.
    check: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct ProbeMetrics {
    good: Family<CheckLabels, Gauge>,
}

impl Instruments for ProbeMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self { good: registry.add("probe_good", "1 while a check of /readyz is good") }
    }
}

impl ProbeMetrics {
    fn note(&self, check: &'static str, good: bool) {
        self.good.get_or_create(&CheckLabels { check }).set(i64::from(good));
    }
}

/// Asks, for ever.
pub async fn prober(mut checks: Vec<Box<dyn Check>>, readiness: Readiness, steady: Steady, metrics: Metrics) {
    let metrics: ProbeMetrics = metrics.of();
    loop {
        let began = tokio::time::Instant::now();
        let answers = join_all(checks.iter_mut().map(|check| ask(check.as_mut()))).await;
        readiness.note(answers);
        let report = readiness.report(false);
        steady.round(report.ready);
        for check in report.checks {
            metrics.note(check.name, check.good);
        }
        tokio::time::sleep_until(began + ROUND).await;
    }
}

async fn ask(check: &mut dyn Check) -> Result<(), String> {
    let answer = tokio::time::timeout(deadline::PROBE, check.ask()).await;
    answer.unwrap_or_else(|_| Err(format!("no answer within {} s", deadline::PROBE.as_secs())))
}

#[cfg(test)]
mod tests;
