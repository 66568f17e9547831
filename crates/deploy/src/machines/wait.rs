//! Waiting for a state. Fly waits a minute at most; here the caller says how long.

use std::time::Duration;

use tokio::time::Instant;

use super::client::Ask;
use super::transport::Transport;
use super::{Call, Error, InstanceId, MachineId, Machines, Meaning, State};

/// The longest that Fly waits in one call; flyctl clamps to it, too.
const LONGEST_ROUND: Duration = Duration::from_secs(60);

/// What an answer may take beyond the wait itself.
const SLACK: Duration = Duration::from_secs(5);

impl<T: Transport> Machines<T> {
    /// Waits until a machine is in a state: started (its init ran: not more), stopped, suspended or destroyed. With an
    /// instance, that version of it.
    ///
    /// A call that brings no answer, or comes too early for Fly to know the machine, is repeated until the time is over; a
    /// machine that is not known counts as destroyed. Nothing here is done under a lease: waiting needs none.
    ///
    /// # Errors
    /// [`Meaning::NotReached`] when the time is over, or what else no waiting mends.
    pub async fn wait(
        &self,
        machine: &MachineId,
        state: &State,
        instance: Option<&InstanceId>,
        within: Duration,
    ) -> Result<(), Error> {
        let begun = Instant::now();
        let late = || Ask::machine(Call::Wait, machine.into()).error(Meaning::NotReached(state.clone()), None);
        loop {
            let left = within.saturating_sub(begun.elapsed());
            let round = self.round(machine, state, instance, left);
            let error = match tokio::time::timeout_at(begun + within, round).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => return Err(late()),
            };
            match &error.meaning {
                Meaning::NotFound(_) if *state == State::Destroyed => return Ok(()),
                Meaning::NotFound(_) if begun.elapsed() < self.limits.lag => {}
                Meaning::NotReached(_) | Meaning::Unanswered(_) | Meaning::RateLimited { .. } => {}
                _ => return Err(error),
            }
        }
    }

    /// One call, of at least the second that Fly wants.
    async fn round(
        &self,
        machine: &MachineId,
        state: &State,
        instance: Option<&InstanceId>,
        left: Duration,
    ) -> Result<(), Error> {
        let seconds = left.min(LONGEST_ROUND).as_secs().max(1);
        let version = instance.map(|instance| format!("&version={instance}")).unwrap_or_default();
        let ask = Ask::machine(Call::Wait, machine.into()).tail(format!("?state={state}&timeout={seconds}{version}"));
        let answer = self.tell(ask.limit(Duration::from_secs(seconds) + SLACK)).await;
        answer.map_err(|error| match error.status() {
            Some(408) => error.with(Meaning::NotReached(state.clone())),
            _ => error,
        })
    }
}
