//! What the handlers share.

use std::sync::Mutex;

use platform::clock::Clock;
use time::OffsetDateTime;

use crate::behaviour::Behaviour;
use crate::team::Team;

/// The one team behind all handlers and workers, and its clock.
pub struct Shared {
    team: Mutex<Team>,
    clock: Clock,
}

impl Shared {
    /// A team without mails that behaves as told.
    pub fn new(behaviour: Behaviour, clock: Clock) -> Self {
        Self { team: Mutex::new(Team::new(behaviour)), clock }
    }

    /// Does something with the team, now. Nothing waits while it holds the team.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Team, OffsetDateTime) -> T) -> T {
        let mut team = self.team.lock().expect("a panic under the lock is a bug that should show");
        act(&mut team, self.clock.now())
    }
}
