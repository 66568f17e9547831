use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use failsafe::{FailurePolicy, Instrument};

use super::{BreakerSettings, State, Verdict};
use crate::sabotage;

/// A window is made of so many slots, so that it holds a bounded number of them whatever the traffic is.
pub(super) const SLOTS: u32 = 100;
/// The shortest open time, as a share of the longest.
const LEAST: f64 = 0.9;

/// Draws from 0 to 1.
pub(super) type Draw = Box<dyn FnMut() -> f64 + Send>;

/// What failsafe's calls have no room for: the time that it judges at goes in, what it came to comes out.
#[derive(Clone, Debug)]
pub(super) struct Slip(Arc<Mutex<Facts>>);

/// What is known of the state machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) now: Instant,
    pub(super) state: State,
    /// Grows with each change of state.
    pub(super) epoch: u64,
    /// When it last opened, and until when.
    pub(super) open: Option<(Instant, Instant)>,
    /// Whether the failure at hand is that nothing is answered any more.
    pub(super) silent: bool,
}

impl Slip {
    pub(super) fn new(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(Facts { now, state: State::Closed, epoch: 0, open: None, silent: false })))
    }

    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn became(&self, state: State) {
        let mut facts = self.facts();
        facts.state = state;
        facts.epoch += 1;
    }
}

impl Instrument for Slip {
    // Refused calls are counted by whoever refuses them: most never come as far as failsafe.
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.became(State::Open);
    }

    fn on_half_open(&self) {
        self.became(State::HalfOpen);
    }

    fn on_closed(&self) {
        self.became(State::Closed);
    }
}

/// Opens when at least so many calls of the window were bad, or when nothing is answered, for a time that is drawn.
pub(super) struct Ratio {
    slip: Slip,
    start: Instant,
    window: Window,
    settings: BreakerSettings,
    draw: Draw,
    /// Not closed: the next failure is the trial's.
    tried: bool,
}

impl Ratio {
    pub(super) fn new(slip: Slip, settings: BreakerSettings, draw: Draw) -> Self {
        let start = slip.facts().now;
        Self { slip, start, window: Window::default(), settings, draw, tried: false }
    }

    fn slot(&self) -> u64 {
        let since = self.slip.facts().now.saturating_duration_since(self.start);
        u64::try_from(since.as_nanos() / (self.settings.window / SLOTS).as_nanos()).unwrap_or(u64::MAX)
    }

    fn open(&mut self) -> Duration {
        let open = self.settings.open.mul_f64(LEAST + (1.0 - LEAST) * (self.draw)());
        let mut facts = self.slip.facts();
        facts.open = Some((facts.now, facts.now + open));
        self.tried = true;
        open
    }
}

impl FailurePolicy for Ratio {
    fn record_success(&mut self) {
        self.window.note(self.slot(), Verdict::Good);
    }

    fn mark_dead_on_failure(&mut self) -> Option<Duration> {
        self.window.note(self.slot(), Verdict::Bad);
        let silent = self.slip.facts().silent;
        let dead = self.tried || silent || self.window.is_failing(&self.settings);
        (dead && !sabotage::takes_out("breaker")).then(|| self.open())
    }

    fn revived(&mut self) {
        self.window = Window::default();
        self.tried = false;
    }
}

/// The calls of the last time, to a slot.
#[derive(Debug, Default)]
struct Window {
    slots: VecDeque<(u64, Tally)>,
    total: Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    calls: u32,
    bad: u32,
}

impl Tally {
    fn add(&mut self, verdict: Verdict) {
        self.calls = self.calls.saturating_add(1);
        self.bad = self.bad.saturating_add(u32::from(verdict == Verdict::Bad));
    }
}

impl Window {
    fn note(&mut self, slot: u64, verdict: Verdict) {
        self.forget_before((slot + 1).saturating_sub(u64::from(SLOTS)));
        match self.slots.back_mut() {
            Some((last, tally)) if *last >= slot => tally.add(verdict),
            _ => {
                let mut tally = Tally::default();
                tally.add(verdict);
                self.slots.push_back((slot, tally));
            }
        }
        self.total.add(verdict);
    }

    fn forget_before(&mut self, first: u64) {
        while let Some((_, old)) = self.slots.pop_front_if(|(slot, _)| *slot < first) {
            self.total.calls = self.total.calls.saturating_sub(old.calls);
            self.total.bad = self.total.bad.saturating_sub(old.bad);
        }
    }

    fn is_failing(&self, settings: &BreakerSettings) -> bool {
        let Tally { calls, bad } = self.total;
        calls >= settings.volume && f64::from(bad) >= f64::from(calls) * settings.share
    }
}
