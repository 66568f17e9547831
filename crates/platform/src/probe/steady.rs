//! Whether a process has been well for a while, which whoever ships a release asks before people are sent to it:
//! `/readyz?steady=10s`. It is answered at once, from what was noted until then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::STALE;
use crate::http::problem::is_failure;
use crate::sabotage;

/// For so many seconds back it can be asked.
pub const LONGEST_S: u64 = 60;
const SLOTS: usize = LONGEST_S as usize + 1;
/// Fewer answers than these say nothing of a share among them.
const ENOUGH: u64 = 20;
/// Of answers, in percent, more failures than these are too many.
const FAILURES: u64 = 2;

/// What a process remembers of its last minute. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Steady(Arc<Mutex<Minute>>);

#[derive(Debug)]
struct Minute {
    began: Instant,
    ready_since: Option<Instant>,
    /// A second stands at its number, counted from the beginning, modulo their count.
    seconds: [Second; SLOTS],
    critical: Critical,
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    number: u64,
    answers: u64,
    failures: u64,
}

/// What is known of the function's critical request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Critical {
    /// It names none.
    Unnamed,
    /// It was not answered yet.
    Awaited,
    Answered {
        at: Instant,
        failure: Option<String>,
    },
}

impl Steady {
    /// Of a process that begins. Whether it names a critical request decides whether one is waited for.
    #[must_use]
    pub fn new(names_critical: bool) -> Self {
        let critical = if names_critical { Critical::Awaited } else { Critical::Unnamed };
        let minute = Minute { began: Instant::now(), ready_since: None, seconds: [Second::default(); SLOTS], critical };
        Self(Arc::new(Mutex::new(minute)))
    }

    /// Notes a round of the prober.
    pub fn round(&self, ready: bool) {
        self.minute().round(ready, Instant::now());
    }

    /// Notes an answer to a request by its status.
    pub fn answered(&self, status: u16) {
        self.minute().answered(status, Instant::now());
    }

    /// Notes how the critical request ended.
    pub fn critical(&self, outcome: Result<(), String>) {
        self.minute().critical = Critical::Answered { at: Instant::now(), failure: outcome.err() };
    }

    /// Why the process has not been well for so long; nothing where it has.
    #[must_use]
    pub fn unsteady_because(&self, seconds: u64) -> Vec<String> {
        if sabotage::takes_out("steady gate") {
            return Vec::new();
        }
        self.minute().unsteady_because(seconds, Instant::now())
    }

    fn minute(&self) -> MutexGuard<'_, Minute> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Minute {
    fn round(&mut self, ready: bool, now: Instant) {
        self.ready_since = ready.then(|| self.ready_since.unwrap_or(now));
    }

    fn number(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_secs()
    }

    fn answered(&mut self, status: u16, now: Instant) {
        let number = self.number(now);
        let Some(slot) = usize::try_from(number).ok().and_then(|number| self.seconds.get_mut(number % SLOTS)) else {
            return;
        };
        if slot.number != number {
            *slot = Second { number, ..Second::default() };
        }
        slot.answers += 1;
        slot.failures += u64::from(is_failure(status));
    }

    fn unsteady_because(&self, wanted: u64, now: Instant) -> Vec<String> {
        let mut because = Vec::new();
        match self.ready_since.map(|since| now.saturating_duration_since(since)) {
            None => because.push("it is not ready".to_owned()),
            Some(lasted) if lasted < Duration::from_secs(wanted) => {
                because.push(format!("it has been ready for {} s", lasted.as_secs()));
            }
            Some(_) => {}
        }
        let (answers, failures) = self.last(wanted, now);
        if answers >= ENOUGH && failures * 100 > answers * FAILURES {
            because.push(format!("{failures} of {answers} answers were a failure of its own (5xx)"));
        }
        match &self.critical {
            Critical::Unnamed => {}
            Critical::Awaited => because.push("its critical request was not answered yet".to_owned()),
            Critical::Answered { at, .. } if now.saturating_duration_since(*at) > STALE => {
                because.push("its critical request has not been answered lately".to_owned());
            }
            Critical::Answered { failure: Some(failure), .. } => {
                because.push(format!("its critical request failed: {failure}"));
            }
            Critical::Answered { failure: None, .. } => {}
        }
        because
    }

    /// The answers of so many seconds before this one, and of this one, and the failures among them.
    fn last(&self, seconds: u64, now: Instant) -> (u64, u64) {
        let (until, from) = (self.number(now), self.number(now).saturating_sub(seconds));
        let counted = self.seconds.iter().filter(|second| (from..=until).contains(&second.number));
        counted.fold((0, 0), |(answers, failures), second| (answers + second.answers, failures + second.failures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute() -> (Minute, Instant) {
        let now = Instant::now();
        let seconds = [Second::default(); SLOTS];
        (Minute { began: now, ready_since: None, seconds, critical: Critical::Unnamed }, now)
    }

    fn after(now: Instant, seconds: u64) -> Instant {
        now + Duration::from_secs(seconds)
    }

    /// Guards: steady gate.
    #[test]
    fn a_break_begins_the_time_anew() {
        let steady = Steady::new(false);
        assert_eq!(steady.unsteady_because(1), ["it is not ready"]);
        let (mut minute, now) = minute();
        minute.round(true, now);
        minute.round(true, after(now, 9));
        assert_eq!(minute.unsteady_because(10, after(now, 9)), ["it has been ready for 9 s"]);
        assert!(minute.unsteady_because(10, after(now, 10)).is_empty());
        minute.round(false, after(now, 11));
        assert_eq!(minute.unsteady_because(10, after(now, 11)), ["it is not ready"]);
        minute.round(true, after(now, 12));
        assert_eq!(minute.unsteady_because(10, after(now, 13)), ["it has been ready for 1 s"]);
    }

    #[test]
    fn over_two_of_a_hundred_failures_are_too_many_where_there_are_twenty_answers() {
        let (mut minute, now) = minute();
        minute.round(true, now);
        for _ in 0..19 {
            minute.answered(500, after(now, 20));
        }
        assert!(minute.unsteady_because(10, after(now, 20)).is_empty(), "too few to tell");
        minute.answered(503, after(now, 21));
        let because = ["20 of 20 answers were a failure of its own (5xx)"];
        assert_eq!(minute.unsteady_because(10, after(now, 21)), because);
        assert_eq!(minute.unsteady_because(10, after(now, 30)), because, "the 20th second is ten before this one");
        assert!(minute.unsteady_because(10, after(now, 31)).is_empty(), "and one answer alone is too few");
    }

    #[test]
    fn two_of_a_hundred_are_not_and_refusals_are_no_failures() {
        let (mut minute, now) = minute();
        minute.round(true, now);
        for status in std::iter::repeat_n(404, 98).chain([500, 503]) {
            minute.answered(status, after(now, 20));
        }
        assert!(minute.unsteady_because(10, after(now, 20)).is_empty());
        minute.answered(502, after(now, 20));
        assert_eq!(minute.unsteady_because(10, after(now, 20)).len(), 1);
    }

    #[test]
    fn a_second_of_an_earlier_minute_is_not_counted() {
        let (mut minute, now) = minute();
        minute.round(true, now);
        for _ in 0..40 {
            minute.answered(500, after(now, 5));
        }
        let later = after(now, 5 + SLOTS as u64);
        assert!(minute.unsteady_because(LONGEST_S, later).is_empty());
        minute.answered(200, later);
        assert!(minute.unsteady_because(LONGEST_S, later).is_empty());
    }

    #[test]
    fn the_critical_request_must_have_been_answered_well_lately() {
        let (mut minute, now) = minute();
        minute.round(true, now);
        let later = after(now, 20);
        minute.critical = Critical::Awaited;
        assert_eq!(minute.unsteady_because(10, later), ["its critical request was not answered yet"]);
        minute.critical = Critical::Answered { at: later, failure: None };
        assert!(minute.unsteady_because(10, later).is_empty());
        assert_eq!(minute.unsteady_because(10, after(later, 6)), ["its critical request has not been answered lately"]);
        minute.critical = Critical::Answered { at: later, failure: Some("status 503".to_owned()) };
        assert_eq!(minute.unsteady_because(10, later), ["its critical request failed: status 503"]);
    }
}
