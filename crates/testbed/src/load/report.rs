use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When it was asked.
    pub at: Instant,
    /// How long its answer took.
    pub took: Duration,
    /// What kind of answer it was, else what is wrong with it.
    pub judged: Result<&'static str, String>,
}

impl Seen {
    /// When it was answered.
    pub fn answered(&self) -> Instant {
        self.at + self.took
    }
}

/// What clients saw.
#[derive(Clone, Debug, Default)]
pub struct Report(pub Vec<Seen>);

impl Report {
    /// How many there are of each kind; wrong ones are `WRONG`.
    pub fn kinds(&self) -> BTreeMap<&'static str, usize> {
        self.0.iter().fold(BTreeMap::new(), |mut kinds, seen| {
            *kinds.entry(seen.judged.as_ref().map_or("WRONG", |kind| *kind)).or_default() += 1;
            kinds
        })
    }

    /// How many there are of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.kinds().get(kind).copied().unwrap_or_default()
    }

    /// What clients must not see, each kind of it once, with the time since `start` at which it was asked.
    pub fn wrongs(&self, start: Instant) -> Vec<String> {
        let mut wrongs = BTreeMap::<&str, Duration>::new();
        for seen in &self.0 {
            if let Err(wrong) = &seen.judged {
                wrongs.entry(wrong).or_insert(seen.at.saturating_duration_since(start));
            }
        }
        wrongs.iter().map(|(wrong, at)| format!("after {:.2} s: {wrong}", at.as_secs_f64())).collect()
    }

    /// The longest that anybody waited.
    pub fn longest(&self) -> Duration {
        self.0.iter().map(|seen| seen.took).max().unwrap_or_default()
    }

    /// The time within which this share (from 0 to 1) of the answers came.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut took: Vec<Duration> = self.0.iter().map(|seen| seen.took).collect();
        took.sort_unstable();
        let last = took.len().saturating_sub(1);
        // A share of a count of answers, which is small.
        let at = (share * last as f64).round() as usize;
        took.get(at).copied().unwrap_or_default()
    }

    /// What was asked in this stretch of time.
    #[must_use]
    pub fn between(&self, from: Instant, to: Instant) -> Self {
        Self(self.0.iter().filter(|seen| seen.at >= from && seen.at < to).cloned().collect())
    }

    /// What was of this kind.
    #[must_use]
    pub fn of(&self, kind: &str) -> Self {
        Self(self.0.iter().filter(|seen| seen.judged.as_ref().is_ok_and(|its| *its == kind)).cloned().collect())
    }

    /// How long after `instant` the first answer of this kind came, of those that were asked after it.
    pub fn first_after(&self, instant: Instant, kind: &str) -> Option<Duration> {
        let asked_after = self.0.iter().filter(|seen| seen.at >= instant);
        let good = asked_after.filter(|seen| seen.judged.as_ref().is_ok_and(|its| *its == kind));
        good.map(|seen| seen.answered() - instant).min()
    }
}

/// `200 ×310, 503 ×22`.
impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<String> = self.kinds().iter().map(|(kind, count)| format!("{kind} ×{count}")).collect();
        out.write_str(&kinds.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(10);

    fn report(begin: Instant) -> Report {
        let wrong = || Err("a page of somebody else".to_owned());
        let judged = [Ok("200"), Ok("503"), wrong(), wrong(), Ok("200")];
        let seen = |(tick, judged)| Seen { at: begin + TICK * tick, took: TICK * (tick + 1), judged };
        Report((0..).zip(judged).map(seen).collect())
    }

    #[test]
    fn answers_are_counted_by_kind_and_wrong_ones_are_told_once() {
        let begin = Instant::now();
        let report = report(begin);
        assert_eq!(report.to_string(), "200 ×2, 503 ×1, WRONG ×2");
        assert_eq!(report.wrongs(begin), ["after 0.02 s: a page of somebody else"]);
        assert_eq!((report.count("200"), report.count("201")), (2, 0));
    }

    #[test]
    fn times_are_those_from_the_question_to_the_answer() {
        let begin = Instant::now();
        let report = report(begin);
        assert_eq!(report.longest(), TICK * 5);
        assert_eq!((report.quantile(0.0), report.quantile(0.5), report.quantile(1.0)), (TICK, TICK * 3, TICK * 5));
        assert_eq!(Report::default().quantile(0.5), Duration::ZERO);
    }

    #[test]
    fn the_first_good_answer_after_a_moment_was_asked_after_it() {
        let begin = Instant::now();
        let report = report(begin);
        assert_eq!(report.first_after(begin, "200"), Some(TICK));
        assert_eq!(report.first_after(begin + TICK, "200"), Some(TICK * 8));
        assert_eq!(report.first_after(begin + TICK * 5, "200"), None);
    }

    #[test]
    fn a_stretch_begins_with_its_first_moment_and_ends_before_its_last() {
        let begin = Instant::now();
        let stretch = report(begin).between(begin + TICK, begin + TICK * 4);
        assert_eq!(stretch.to_string(), "503 ×1, WRONG ×2");
        assert_eq!(stretch.of("503").0.len(), 1);
    }
}
