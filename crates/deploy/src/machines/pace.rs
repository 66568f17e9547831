//! When the next call may go. Fly counts for each action on each machine, and for the app's own actions over the whole
//! app: one a second, three in a row at most (five a second for looking at a machine). One a second here, so that nothing
//! is ever refused for it, with three in a row left for whatever else acts on the app.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Call, Limits, MachineId};

/// Longer than this, `Retry-After` is not believed: whoever waits holds leases.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where Fly refuses without saying for how long: 1, 2, 4 and then 8 s. No jitter, since each kind of call comes from one
/// caller, and the next one goes when this one has been answered.
const DOUBLINGS: u32 = 3;

/// Lets calls of one kind go one after the other.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    look_interval: Duration,
    list_interval: Duration,
    lanes: Mutex<HashMap<(Call, Option<MachineId>), Lane>>,
}

#[derive(Debug, Default)]
struct Lane {
    free: Option<Instant>,
    refused: u32,
}

impl Pace {
    pub(crate) fn new(limits: &Limits) -> Self {
        // Never none at all: what is repeated until a time is over has to let that time pass.
        let least = |interval: Duration| interval.max(Duration::from_millis(1));
        Self {
            interval: least(limits.interval),
            look_interval: least(limits.look_interval),
            list_interval: least(limits.list_interval),
            lanes: Mutex::default(),
        }
    }

    /// Waits for the turn of this call. Whoever asks first goes first, and a turn that is not waited for is lost.
    pub(crate) async fn turn(&self, call: Call, machine: Option<&MachineId>) {
        let interval = match call {
            Call::List => self.list_interval,
            Call::Get => self.look_interval,
            _ => self.interval,
        };
        let turn = self.at(call, machine, |lane| {
            let now = Instant::now();
            let turn = lane.free.map_or(now, |free| free.max(now));
            lane.free = Some(turn + interval);
            turn
        });
        tokio::time::sleep_until(turn).await;
    }

    /// Notes a 429, and how long the next call of its kind waits for it.
    pub(crate) fn refused(&self, call: Call, machine: Option<&MachineId>, retry_after: Option<Duration>) -> Duration {
        self.at(call, machine, |lane| {
            let backoff = Duration::from_secs(1) * 2_u32.pow(lane.refused.min(DOUBLINGS));
            let wait = retry_after.map_or(backoff, |wait| wait.min(LONGEST_WAIT));
            lane.refused += 1;
            let free = Instant::now() + wait;
            lane.free = Some(lane.free.map_or(free, |other| other.max(free)));
            wait
        })
    }

    /// Notes that a call was not refused for its pace.
    pub(crate) fn passed(&self, call: Call, machine: Option<&MachineId>) {
        self.at(call, machine, |lane| lane.refused = 0);
    }

    fn at<T>(&self, call: Call, machine: Option<&MachineId>, act: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        act(lanes.entry((call, machine.cloned())).or_default())
    }
}
