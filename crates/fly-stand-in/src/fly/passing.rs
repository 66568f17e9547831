//! Time passes: what happens by itself, each thing at its own time and in one order.

use std::time::Duration;

use time::OffsetDateTime;

use super::{Fly, Outcome};
use crate::machine::life::Due;

/// So many answers are kept for callers that may have gone.
const KEPT: usize = 100;

/// What happens next by itself.
enum Next {
    Machine(String, Due),
    Lands(usize),
    Freed(u64),
    Autostop,
}

impl Fly {
    /// When the next thing happens by itself: a test sleeps until then.
    pub fn next(&self) -> Option<OffsetDateTime> {
        self.upcoming().map(|(at, _)| at)
    }

    /// Lets time pass, and says what time it is then: it never goes back.
    pub fn advance(&mut self, now: OffsetDateTime) -> OffsetDateTime {
        let now = now.max(self.now);
        let period = self.autostop_period();
        self.autostop_at.get_or_insert(self.now + period);
        while let Some((at, next)) = self.upcoming().filter(|(at, _)| *at <= now) {
            // What was freed long ago is freed now.
            self.now = at.max(self.now);
            self.happens(self.now, next);
        }
        self.now = now;
        while let Some(at) = self.autostop_at.filter(|at| *at <= now) {
            self.autostop_at = Some(at + period);
        }
        now
    }

    /// Never none at all: time would not pass.
    fn autostop_period(&self) -> Duration {
        self.settings.autostop.max(Duration::from_millis(1))
    }

    fn upcoming(&self) -> Option<(OffsetDateTime, Next)> {
        let machines = self
            .machines
            .values()
            .flat_map(|machine| machine.dues.iter().map(|(at, due)| (*at, Next::Machine(machine.id.clone(), *due))));
        let late = self.late.iter().enumerate().map(|(place, (at, _))| (*at, Next::Lands(place)));
        let held = self.held.iter().map(|(ticket, call)| {
            let machine = call.machine.as_ref().and_then(|id| self.machines.get(id));
            let lease = machine.and_then(|machine| machine.kept_from(self.now, call.nonce.as_deref()));
            (lease.map_or(self.now, |lease| lease.until), Next::Freed(*ticket))
        });
        let autostop = self.autostop_at.filter(|_| self.may_be_idle()).map(|at| (at, Next::Autostop));
        // The first of those at one time, so that each run is the same.
        machines.chain(late).chain(held).chain(autostop).min_by_key(|(at, _)| *at)
    }

    fn happens(&mut self, at: OffsetDateTime, next: Next) {
        match next {
            Next::Machine(id, Due::Forgotten) => {
                self.machines.remove(&id);
            }
            Next::Machine(id, due) => {
                if let Ok((machine, mut around)) = self.with(&id) {
                    machine.dues.retain(|(_, other)| *other != due);
                    machine.happen(at, due, &mut around);
                }
                self.publish(at, &id);
            }
            Next::Lands(place) => {
                let (_, call) = self.late.remove(place);
                self.land(at, call);
            }
            Next::Freed(ticket) => self.free(at, ticket),
            Next::Autostop => {
                self.autostop_at = self.autostop_at.map(|at| at + self.autostop_period());
                self.autostop(at);
            }
        }
    }

    /// Does what hung, unless it hangs again.
    fn free(&mut self, at: OffsetDateTime, ticket: u64) {
        let Some(call) = self.held.remove(&ticket) else { return };
        match self.perform(at, &call) {
            Outcome::Ended(answer) => {
                self.freed.insert(ticket, answer);
                while self.freed.len() > KEPT {
                    self.freed.pop_first();
                }
            }
            Outcome::Held | Outcome::Waits(_) => {
                self.held.insert(ticket, call);
            }
        }
    }
}
