//! A circuit breaker before each dependency that can fail: it refuses at once what would only wait and fail.
//!
//! Closed, everybody may call, and the verdicts of the last 10 s are counted. When at least half of at least 10 were
//! bad it opens, at a bad one; all three are settings. It opens at once where somebody has found out that nothing that
//! is asked is answered any more ([`Breaker::fall_silent`]): calls that hang give no verdict until they are cut.
//!
//! Open, it refuses for 90 to 100 % of its open time, drawn at random so that processes do not come back all at once.
//! Then whoever is named for it asks for the one [`Breaker::trial`], half-open: for PostgreSQL the prober, for others the
//! next call. A good trial closes with an empty window; a bad one opens anew. Verdicts on calls from before a change of
//! state are void. Time is cut by the caller, and a cut is a bad verdict.
//!
//! The states are those of the crate `failsafe`; `prr/decisions/0005-the-breaker-stands-on-failsafe.md` says what is
//! ours and why.

mod core;
mod metrics;
mod policy;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;

use self::core::Core;
use self::metrics::BreakerMetrics;
use super::deadline;
use crate::config::{Reader, Settings, setting};
use crate::sabotage;
use crate::telemetry::context;
use crate::telemetry::metric::Metrics;

pub use self::state::State;

/// On the span of a request that was refused, or that changed a state.
const STATE: &str = "app.breaker.state";
/// Which breaker that was.
const DEPENDENCY: &str = "app.breaker.dependency";
/// Event on the span of a request that changed a state.
const CHANGED: &str = "breaker changed";

/// When breakers open, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerSettings {
    /// How long: at most; at least 90 % of it.
    pub open: Duration,
    /// The share of calls that must have failed, up to 1.
    pub share: f64,
    /// Calls in the window below which nothing is concluded.
    pub volume: u32,
    /// The time over which calls are counted.
    pub window: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { open: Duration::from_secs(30), share: 0.5, volume: 10, window: Duration::from_secs(10) }
    }
}

impl Settings for BreakerSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let about = "how long a breaker refuses calls before the one trial, at most; 90 % of it at least, at random";
        let default = Self::default();
        let open = from.seconds(setting("BREAKER_OPEN_S", about), 0.1..=600.0, default.open.as_secs_f64());
        let about = setting("BREAKER_SHARE", "the share of calls that must have failed for a breaker to open");
        let share = from.parsed(about, "a number from 0.01 to 1", &default.share.to_string(), |text| {
            text.parse().ok().filter(|share| (0.01..=1.0).contains(share))
        });
        let about = setting("BREAKER_VOLUME", "calls in the window below which a breaker concludes nothing");
        let volume = from.parsed(about, "a whole number from 1 to 100000", &default.volume.to_string(), |text| {
            text.parse().ok().filter(|volume| (1..=100_000).contains(volume))
        });
        let about = setting("BREAKER_WINDOW_S", "the time over which a breaker counts calls");
        let window = from.seconds(about, 1.0..=600.0, default.window.as_secs_f64());
        Some(Self { open: open?, share: share?, volume: volume?, window: window? })
    }
}

/// What a call says of the dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered.
    Good,
    /// It did not, or with a failure of its own.
    Bad,
}

/// The breaker is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the breaker is open")]
pub struct Refused {
    /// When it may close, from now.
    pub retry_after: Duration,
}

/// The breaker before one dependency, shared by all threads of a process.
#[derive(Clone, Debug)]
pub struct Breaker(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dependency: &'static str,
    core: Mutex<Core>,
    metrics: BreakerMetrics,
}

impl Breaker {
    /// A closed one; `dependency` is what metrics, logs and spans call it by.
    #[must_use]
    pub fn new(dependency: &'static str, settings: BreakerSettings, metrics: &Metrics) -> Self {
        let core = Core::new(settings, Box::new(rand::random), Instant::now());
        let metrics: BreakerMetrics = metrics.of();
        metrics.begin(dependency);
        Self(Arc::new(Inner { dependency, core: Mutex::new(core), metrics }))
    }

    /// Lets an ordinary call in, while closed.
    ///
    /// # Errors
    /// When it is not closed; nothing was touched then.
    pub fn permit(&self) -> Result<Permit, Refused> {
        let (admitted, state) = {
            let core = self.core();
            (core.admit(Instant::now()), core.state())
        };
        admitted.map(|epoch| self.permit_of(epoch, false)).map_err(|retry_after| self.refuse(state, retry_after))
    }

    /// Lets the one trial in, once the open time is over and while no other is under way.
    #[must_use]
    pub fn trial(&self) -> Option<Permit> {
        let (trial, changed) = {
            let mut core = self.core();
            let before = core.state();
            let trial = core.trial()?;
            (trial, self.noted(&core, before))
        };
        self.tell(changed);
        Some(self.permit_of(trial, true))
    }

    /// Lets in whoever makes the trial himself: an ordinary call while closed, or the trial. Being kept out is not
    /// counted as a refusal: nothing was asked for.
    #[must_use]
    pub fn enter(&self) -> Option<Permit> {
        if let Ok(epoch) = self.core().admit(Instant::now()) {
            return Some(self.permit_of(epoch, false));
        }
        self.trial()
    }

    /// Opens it, if it is closed: nothing that was asked is answered any more.
    pub fn fall_silent(&self) {
        let changed = {
            let mut core = self.core();
            let before = core.state();
            core.fall_silent(Instant::now());
            self.noted(&core, before)
        };
        self.tell(changed.map(|change| Change { silent: true, ..change }));
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.core().state()
    }

    /// Whether it has opened since this was made: a connection of that time may be dead without showing it.
    #[must_use]
    pub fn has_opened_since(&self, made: Instant) -> bool {
        self.core().opened().is_some_and(|opened| made <= opened) && !sabotage::takes_out("old connections")
    }

    fn permit_of(&self, epoch: u64, trial: bool) -> Permit {
        Permit { breaker: self.clone(), epoch, trial, begun: trial, settled: false }
    }

    fn refuse(&self, state: State, retry_after: Duration) -> Refused {
        let Inner { dependency, metrics, .. } = &*self.0;
        metrics.refused(dependency);
        let span = context::current();
        span.span().set_attribute(KeyValue::new(STATE, state.name()));
        span.span().set_attribute(KeyValue::new(DEPENDENCY, *dependency));
        Refused { retry_after }
    }

    fn settle(&self, epoch: u64, verdict: Verdict) {
        let changed = {
            let mut core = self.core();
            let before = core.state();
            core.settle(epoch, verdict, Instant::now());
            self.noted(&core, before)
        };
        self.tell(changed);
    }

    /// Counts a change while nobody else can make the next one.
    fn noted(&self, core: &Core, before: State) -> Option<Change> {
        let state = core.state();
        if state == before {
            return None;
        }
        self.0.metrics.changed(self.0.dependency, state);
        Some(Change { from: before, to: state, open_for: core.remaining(Instant::now()), silent: false })
    }

    fn tell(&self, change: Option<Change>) {
        let Some(Change { from, to, open_for, silent }) = change else { return };
        let (dependency, open_s) = (self.0.dependency, open_for.as_secs_f64());
        match (from, to) {
            (State::HalfOpen, State::Open) => {
                tracing::warn!(dependency, open_s, "the trial failed: the breaker opened again");
            }
            (_, State::Open) if silent => {
                tracing::warn!(dependency, open_s, "nothing was answered any more: the breaker opened");
            }
            (_, State::Open) => tracing::warn!(dependency, open_s, "too many calls failed: the breaker opened"),
            (_, State::HalfOpen) => tracing::info!(dependency, "the breaker lets one trial in"),
            (_, State::Closed) => tracing::info!(dependency, "the trial was good: the breaker closed"),
        }
        let attributes = || vec![KeyValue::new(STATE, to.name()), KeyValue::new(DEPENDENCY, dependency)];
        let context = context::current();
        context.span().set_attributes(attributes());
        context.span().add_event(CHANGED, attributes());
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change of state, to be told.
struct Change {
    from: State,
    to: State,
    open_for: Duration,
    /// Whether it opened because nothing was answered.
    silent: bool,
}

/// Leave to make one call, which ends with one verdict or with none.
///
/// Dropped without a verdict, an ordinary call is not counted, because its caller went away; unless the request's own
/// deadline had passed, for then the dependency was too slow. A trial that is dropped is a bad one.
#[derive(Debug)]
pub struct Permit {
    breaker: Breaker,
    epoch: u64,
    trial: bool,
    begun: bool,
    settled: bool,
}

impl Permit {
    /// Begins the call, after a wait that was not the dependency's.
    ///
    /// # Errors
    /// When the breaker changed meanwhile.
    pub fn begin(&mut self) -> Result<(), Refused> {
        let core = self.breaker.core();
        let (stands, state, remaining) = (core.epoch() == self.epoch, core.state(), core.remaining(Instant::now()));
        drop(core);
        self.begun = stands;
        if stands { Ok(()) } else { Err(self.breaker.refuse(state, remaining)) }
    }

    /// Ends the call with what it says of the dependency.
    pub fn settle(mut self, verdict: Verdict) {
        self.settled = true;
        self.breaker.settle(self.epoch, verdict);
    }

    /// Ends it without a verdict: the dependency was not asked, or what it said is ours to mend. After a trial the next
    /// may be made at once.
    pub fn withdraw(mut self) {
        self.settled = true;
        if self.trial {
            self.breaker.core().withdraw(self.epoch);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let cut = self.begun && (self.trial || deadline::is_over());
        if !self.settled && cut {
            self.breaker.settle(self.epoch, Verdict::Bad);
        }
    }
}

#[cfg(test)]
mod tests;
