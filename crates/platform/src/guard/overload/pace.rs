//! How fast refusals are given. A refusal costs a tenth of what an answer costs: given at once, those at five times what
//! a worker can carry would take half of it. So the first hundred are given at once, and after them some for each second
//! and some for each answer, whatever the machine; the others wait. A connection whose request waits sends no other one,
//! so the longest wait says how many refusals a crowd of connections can ask for in a second.

use std::time::{Duration, Instant};

use crate::sabotage;

/// Without any answers, one refusal in this time.
const EACH: Duration = Duration::from_millis(10);

/// As many may be given at once after a quiet time: a second's.
const AT_ONCE: u32 = 100;

/// For so many answers, one refusal more.
const ANSWERS: u32 = 4;

/// Nobody waits longer to be refused, which is what he is then told to wait before he asks again,
const LONGEST: Duration = Duration::from_secs(1);

/// but where so many wait that they would be refused faster than this: in a crowd each waits his turn of it,
const EACH_OF_CROWD: Duration = Duration::from_millis(1);

/// and no longer than this, which leaves something of the time that a request has.
const LONGEST_OF_CROWD: Duration = Duration::from_secs(8);

/// When the next refusal is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    next: Instant,
}

impl Pace {
    /// Nothing was refused lately.
    pub(super) fn quiet(now: Instant) -> Self {
        Self { next: now - EACH * AT_ONCE }
    }

    /// One more is refused, beside those that wait for that: how long it waits.
    pub(super) fn refuse(&mut self, waiting: u32, now: Instant) -> Duration {
        let crowd = if sabotage::takes_out("pace of a crowd") { LONGEST } else { EACH_OF_CROWD * waiting };
        let longest = crowd.clamp(LONGEST, LONGEST_OF_CROWD);
        let due = self.next.max(Self::quiet(now).next + EACH);
        self.next = (due + EACH).min(now + longest);
        due.saturating_duration_since(now)
    }

    /// One more was answered.
    pub(super) fn answer(&mut self) {
        self.next -= EACH / ANSWERS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_quiet_time_a_hundred_are_refused_at_once() {
        let now = Instant::now();
        let mut pace = Pace::quiet(now);
        assert!((0..AT_ONCE).all(|_| pace.refuse(0, now).is_zero()));
        assert_eq!(pace.refuse(0, now), EACH);
        assert_eq!(pace.refuse(0, now), EACH * 2);
    }

    #[test]
    fn while_few_wait_none_waits_longer_than_a_second() {
        let now = Instant::now();
        let mut pace = Pace::quiet(now);
        let longest = (0..10_000).map(|_| pace.refuse(0, now)).max();
        assert_eq!(longest, Some(LONGEST));
    }

    /// Guards: pace of a crowd.
    #[test]
    fn a_crowd_is_refused_a_thousand_times_a_second() {
        let now = Instant::now();
        let mut pace = Pace::quiet(now);
        let mut last = |crowd: u32| (0..crowd).map(|waiting| pace.refuse(waiting, now)).last();
        assert_eq!(last(4_000), Some(EACH_OF_CROWD * 3_998));
        assert_eq!(last(16_000), Some(LONGEST_OF_CROWD), "whoever waits still has time for his answer");
    }

    #[test]
    fn for_four_answers_one_more_is_refused() {
        let now = Instant::now();
        let mut pace = Pace::quiet(now);
        while pace.refuse(0, now) < EACH * 4 {}
        (0..ANSWERS).for_each(|_| pace.answer());
        assert_eq!(pace.refuse(0, now), EACH * 4);
    }

    #[test]
    fn a_long_time_of_answers_saves_up_no_more_than_a_hundred() {
        let now = Instant::now();
        let mut pace = Pace::quiet(now);
        (0..10_000).for_each(|_| pace.answer());
        assert_eq!((0..200).filter(|_| pace.refuse(0, now).is_zero()).count(), AT_ONCE as usize);
    }
}
