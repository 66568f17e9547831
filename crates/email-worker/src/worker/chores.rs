//! What a worker does each second beside its batches: it ends what is too late.

use std::time::Duration;

use tokio::time::Instant;

use super::Worker;
use crate::protocol::GIVE_UP_AFTER;
use crate::store::OfKind;
use crate::telemetry::Outcome;

/// Often enough that no late mail keeps its batch waiting for long.
const EVERY: Duration = Duration::from_secs(1);
/// Batches of one statement: it locks their rows while it runs.
const BATCHES: usize = 100;
/// Mails of one statement, likewise.
const MAILS: usize = 1_000;

/// When the chores are due.
#[derive(Debug, Default)]
pub(super) struct Schedule(Option<Instant>);

impl Schedule {
    /// Whether they are due now; if so, they are due again in a second.
    pub(super) fn are_due(&mut self, now: Instant) -> bool {
        let due = self.0.is_none_or(|next| next <= now);
        if due {
            self.0 = Some(now + EVERY);
        }
        due
    }
}

impl Worker {
    pub(super) async fn do_chores(&self) {
        // In this order: what is freed now expires right after.
        let Some(_) = self.heard(self.store.free_late(BATCHES).await) else { return };
        let Some(expired) = self.heard(self.store.expire(MAILS).await) else { return };
        self.count(&expired, Outcome::Expired);
        let Some(given_up) = self.heard(self.store.give_up(GIVE_UP_AFTER, BATCHES).await) else { return };
        self.count(&given_up, Outcome::Uncertain);
    }

    fn count(&self, ended: &[OfKind], outcome: Outcome) {
        for OfKind { kind, mails } in ended {
            self.metrics.count(kind, outcome, None, *mails);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chores_are_due_at_once_and_then_each_second() {
        let (now, mut schedule) = (Instant::now(), Schedule::default());
        assert!(schedule.are_due(now));
        assert!(!schedule.are_due(now + EVERY / 2));
        assert!(schedule.are_due(now + EVERY));
    }
}
