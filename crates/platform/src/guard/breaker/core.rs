//! The states, without anything that waits: every step is given the time. failsafe reads its own clock for the open
//! time alone; a test stops that one with `failsafe::clock::freeze`.

use std::fmt;
use std::time::{Duration, Instant};

use failsafe::StateMachine;

use super::policy::{Draw, Facts, Ratio, Slip};
use super::{BreakerSettings, State, Verdict};
use crate::sabotage;

pub(super) struct Core {
    machine: StateMachine<Ratio, Slip>,
    slip: Slip,
    trial_under_way: bool,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("facts", &self.facts()).finish_non_exhaustive()
    }
}

impl Core {
    pub(super) fn new(settings: BreakerSettings, draw: Draw, now: Instant) -> Self {
        let slip = Slip::new(now);
        let machine = StateMachine::new(Ratio::new(slip.clone(), settings, draw), slip.clone());
        Self { machine, slip, trial_under_way: false }
    }

    pub(super) fn state(&self) -> State {
        self.facts().state
    }

    pub(super) fn epoch(&self) -> u64 {
        self.facts().epoch
    }

    /// When it last opened.
    pub(super) fn opened(&self) -> Option<Instant> {
        self.facts().open.map(|(opened, _)| opened)
    }

    /// How long until the trial may be made; nothing while closed.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        let facts = self.facts();
        let until = facts.open.filter(|_| facts.state != State::Closed).map(|(_, until)| until);
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// The epoch that an ordinary call belongs to, or how long until it may be asked again.
    pub(super) fn admit(&self, now: Instant) -> Result<u64, Duration> {
        // failsafe alone would let everybody in once the open time is over.
        let open_to_all = sabotage::takes_out("breaker trial") && self.machine.is_call_permitted();
        let facts = self.facts();
        if facts.state == State::Closed || open_to_all { Ok(facts.epoch) } else { Err(self.remaining(now)) }
    }

    /// The epoch of the one trial, if it is due and nobody makes it.
    pub(super) fn trial(&mut self) -> Option<u64> {
        let free = match self.state() {
            State::Closed => false,
            State::HalfOpen => !self.trial_under_way,
            State::Open => self.machine.is_call_permitted(),
        };
        self.trial_under_way |= free;
        free.then(|| self.epoch())
    }

    /// The trial of this epoch was not made after all.
    pub(super) fn withdraw(&mut self, epoch: u64) {
        if epoch == self.epoch() {
            self.trial_under_way = false;
        }
    }

    /// Counts a verdict, unless it is on a call from before the last change of state.
    pub(super) fn settle(&mut self, epoch: u64, verdict: Verdict, now: Instant) {
        let stale = epoch != self.epoch() && !sabotage::takes_out("breaker epoch");
        if stale {
            return;
        }
        self.slip.facts().now = now;
        match (self.state(), verdict) {
            // Told of a success, failsafe would count the trial in the new window.
            (State::HalfOpen, Verdict::Good) => self.machine.reset(),
            (_, Verdict::Good) => self.machine.on_success(),
            (_, Verdict::Bad) => self.machine.on_error(),
        }
        self.trial_under_way &= self.state() == State::HalfOpen;
    }

    /// Opens it, if it is closed, whatever was answered before.
    pub(super) fn fall_silent(&mut self, now: Instant) {
        if self.state() != State::Closed || sabotage::takes_out("silence") {
            return;
        }
        {
            let mut facts = self.slip.facts();
            (facts.now, facts.silent) = (now, true);
        }
        self.machine.on_error();
        self.slip.facts().silent = false;
    }

    fn facts(&self) -> Facts {
        *self.slip.facts()
    }
}

#[cfg(test)]
mod tests;
