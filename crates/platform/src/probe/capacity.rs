//! Whether this process has room for more. A pool that is full for a moment is busy; one that is full for five seconds,
//! with requests waiting for it, is more than this process can carry, and whoever balances by `/readyz` should know.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{FutureExt as _, LocalBoxFuture, ready};

use super::Check;
use crate::sabotage;

/// So much of the pools in use, in percent, is full, if somebody waits.
const FULL: usize = 90;
/// Below so much, in percent, there is room again.
const ROOM: usize = 70;
/// Somebody who waits longer than this waits because the pools are full.
const WAIT: Duration = Duration::from_millis(100);
/// How long it must last, either way.
const HOLD: Duration = Duration::from_secs(5);
/// At most so much longer until there is said to be room again, drawn anew each time: machines that filled together
/// shall not come back together.
const JITTER: Duration = Duration::from_secs(2);

/// How much pools are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Connections that work for somebody.
    pub in_use: usize,
    /// Connections that there may be.
    pub size: usize,
    /// How long the one has waited who waits longest.
    pub longest_wait: Duration,
}

impl Load {
    /// The one of two pools that is nearer to its end. Added up, those of a background that rests would hide that no
    /// request gets a connection, or the other way round.
    fn or_fuller(self, other: Self) -> Self {
        let fullness = |load: Self| (load.is_full(), load.in_use * other.size.max(self.size) / load.size.max(1));
        if fullness(other) > fullness(self) { other } else { self }
    }

    fn is_full(self) -> bool {
        self.size > 0 && self.in_use * 100 >= self.size * FULL && self.longest_wait > WAIT
    }

    fn has_room(self) -> bool {
        self.in_use * 100 < self.size * ROOM || self.size == 0
    }
}

/// How things stand, and since when they have been about to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Room { full_since: Option<Instant> },
    Full { room_from: Option<Instant> },
}

impl Standing {
    /// After a look at the pools. `jitter` is for this look alone.
    fn after(self, load: Load, now: Instant, jitter: Duration) -> Self {
        match self {
            Self::Room { .. } if !load.is_full() => Self::Room { full_since: None },
            Self::Room { full_since: Some(since) } if now.duration_since(since) >= HOLD => {
                Self::Full { room_from: None }
            }
            Self::Room { full_since } => Self::Room { full_since: full_since.or(Some(now)) },
            Self::Full { .. } if !load.has_room() => Self::Full { room_from: None },
            Self::Full { room_from: Some(from) } if now >= from => Self::Room { full_since: None },
            Self::Full { room_from } => Self::Full { room_from: room_from.or(Some(now + HOLD + jitter)) },
        }
    }
}

type Look = Box<dyn Fn() -> Option<Load> + Send>;

/// The pools of a process's workers, to be looked at.
#[derive(Clone, Default)]
pub struct Pools(Arc<Mutex<Vec<Look>>>);

impl Pools {
    /// Adds a pool; once it gives nothing it is forgotten.
    pub fn add(&self, look: impl Fn() -> Option<Load> + Send + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(look));
    }

    /// That of the fullest.
    fn load(&self) -> Load {
        let mut load = Load::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|look| {
            let pool = look();
            load = load.or_fuller(pool.unwrap_or_default());
            pool.is_some()
        });
        load
    }
}

/// Asks whether there is room.
pub struct CapacityCheck {
    pools: Pools,
    standing: Standing,
}

impl CapacityCheck {
    /// Looks at these pools.
    #[must_use]
    pub fn new(pools: Pools) -> Self {
        Self { pools, standing: Standing::Room { full_since: None } }
    }
}

impl Check for CapacityCheck {
    fn name(&self) -> &'static str {
        "capacity"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        let (load, now) = (self.pools.load(), Instant::now());
        self.standing = self.standing.after(load, now, JITTER.mul_f64(rand::random()));
        let full = matches!(self.standing, Standing::Full { .. }) && !sabotage::takes_out("capacity");
        let told = || format!("{} of {} connections are in use, and requests wait for them", load.in_use, load.size);
        ready(if full { Err(told()) } else { Ok(()) }).boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_JITTER: Duration = Duration::ZERO;

    fn load(in_use: usize, waited_ms: u64) -> Load {
        Load { in_use, size: 10, longest_wait: Duration::from_millis(waited_ms) }
    }

    /// Looks once a second, from the first second on.
    fn after(looks: &[Load]) -> Standing {
        let start = Instant::now();
        let look = |standing: Standing, (second, load): (u64, &Load)| {
            standing.after(*load, start + Duration::from_secs(second), NO_JITTER)
        };
        (0..).zip(looks).fold(Standing::Room { full_since: None }, look)
    }

    fn is_full(standing: Standing) -> bool {
        matches!(standing, Standing::Full { .. })
    }

    #[test]
    fn five_seconds_at_nine_tenths_with_somebody_waiting_are_full() {
        assert!(!is_full(after(&[load(9, 101); 5])), "four seconds are not");
        assert!(is_full(after(&[load(9, 101); 6])));
    }

    #[test]
    fn a_pool_that_is_used_to_the_last_is_not_full_while_nobody_waits_long() {
        assert!(!is_full(after(&[load(10, 100); 60])));
        assert!(!is_full(after(&[load(8, 500); 60])), "nor is one with a free connection in five");
    }

    #[test]
    fn one_look_in_between_with_room_begins_anew() {
        let mut looks = vec![load(10, 500); 5];
        looks.push(load(10, 0));
        looks.extend([load(10, 500); 5]);
        assert!(!is_full(after(&looks)));
    }

    #[test]
    fn five_seconds_below_seven_tenths_are_room_again() {
        let full = [load(10, 500); 6].to_vec();
        let then = |looks: &[Load]| is_full(after(&[full.as_slice(), looks].concat()));
        assert!(then(&[load(6, 0); 5]), "four seconds are not");
        assert!(!then(&[load(6, 0); 6]));
        assert!(then(&[load(7, 0); 60]), "seven tenths are not below");
    }

    #[test]
    fn a_pool_that_fills_again_on_the_way_back_stays_full() {
        let looks = [&[load(10, 500); 6][..], &[load(6, 0); 5], &[load(8, 0)], &[load(6, 0); 5]].concat();
        assert!(is_full(after(&looks)));
    }

    #[test]
    fn the_way_back_is_longer_by_what_was_drawn_at_its_beginning() {
        let start = Instant::now();
        let empty = load(0, 0);
        let on_the_way = Standing::Full { room_from: None }.after(empty, start, Duration::from_secs(1));
        let at = |ms| on_the_way.after(empty, start + Duration::from_millis(ms), Duration::from_secs(9));
        assert!(is_full(at(5_999)) && !is_full(at(6_000)));
    }

    #[test]
    fn the_fullest_pool_counts_whichever_it_is_and_those_that_are_gone_are_forgotten() {
        let pools = Pools::default();
        pools.add(|| Some(load(1, 200)));
        pools.add(|| Some(load(9, 150)));
        pools.add(|| Some(load(10, 0)));
        pools.add(|| None);
        assert_eq!((pools.load(), pools.load()), (load(9, 150), load(9, 150)), "somebody waits for it");
        let few = Pools::default();
        few.add(|| Some(Load { in_use: 2, size: 2, longest_wait: Duration::ZERO }));
        few.add(|| Some(load(7, 0)));
        assert_eq!(few.load().size, 2, "by share, not by number");
    }

    /// Guards: capacity.
    #[tokio::test]
    async fn a_pool_that_has_been_full_for_so_long_is_no_capacity() {
        let pools = Pools::default();
        pools.add(|| Some(load(9, 101)));
        let ask = async |full_since| {
            let standing = Standing::Room { full_since };
            CapacityCheck { pools: pools.clone(), standing }.ask().await
        };
        assert_eq!(ask(None).await, Ok(()));
        let told = ask(Some(Instant::now() - HOLD)).await.expect_err("five seconds");
        assert_eq!(told, "9 of 10 connections are in use, and requests wait for them");
    }

    #[test]
    fn a_process_without_pools_has_room() {
        assert!(!is_full(after(&[Load::default(); 60])));
    }
}
