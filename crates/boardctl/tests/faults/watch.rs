//! What machines say of themselves, asked directly and all the time.

use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::http::Answer;
use testbed::load::{Arrivals, Ask, Lost, Plan, Report, Script, Steady};

use super::fleet::{Fleet, all};

/// Longer than any probe may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a machine is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// `/healthz`: always 200.
    Alive,
    /// `/routable`: always 200.
    Routable,
    /// `/readyz`: `ready` or `unready`.
    Ready,
    /// Its breaker of PostgreSQL, by its metrics: `closed`, `trial`, `open`, or `none` without one.
    Breaker,
}

impl Question {
    const ALL: [Self; 4] = [Self::Alive, Self::Routable, Self::Ready, Self::Breaker];

    fn path(self) -> &'static str {
        match self {
            Self::Alive => "/healthz",
            Self::Routable => "/routable",
            Self::Ready => "/readyz",
            Self::Breaker => "/metrics",
        }
    }
}

impl Script for Question {
    fn ask(&self, _: u64) -> Ask {
        Ask::get(self.path())
    }

    fn judge(&self, _: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        let answer = answer.map_err(|lost| format!("{}: {lost}", self.path()))?;
        match (self, answer.status) {
            (Self::Alive | Self::Routable, 200) => Ok("200"),
            (Self::Ready, 200) => Ok("ready"),
            (Self::Ready, 503) => Ok("unready"),
            (Self::Breaker, 200) => breaker(&answer.text),
            _ => Err(format!("{}: {} {}", self.path(), answer.status, answer.text)),
        }
    }
}

fn breaker(metrics: &str) -> Result<&'static str, String> {
    let line = metrics.lines().find_map(|line| line.strip_prefix("board_breaker_state{dependency=\"postgres\"} "));
    match line {
        None => Ok("none"),
        Some("0") => Ok("closed"),
        Some("1") => Ok("trial"),
        Some("2") => Ok("open"),
        Some(other) => Err(format!("board_breaker_state is {other}")),
    }
}

/// All questions to all machines.
pub(super) struct Watch(Vec<(Part, usize, Question, Steady)>);

impl Watch {
    pub(super) fn start(fleet: &Fleet) -> Self {
        let watched = all().flat_map(|(part, number)| Question::ALL.map(|question| (part, number, question)));
        let asked = watched.map(|(part, number, question)| {
            let (address, rate) = match question {
                Question::Breaker => (fleet.metrics(part, number), 2.0),
                _ => (fleet.address(part, number), 5.0),
            };
            let plan = Plan { address, clients: 1, arrivals: Arrivals::Rate(rate), patience: PATIENCE };
            (part, number, question, Steady::start(plan, question).expect("a thread"))
        });
        Self(asked.collect())
    }

    /// How long after `instant` the last of the machines was ready; `None` while one is not.
    pub(super) fn ready_after(&self, instant: Instant) -> Option<Duration> {
        let ready = self.0.iter().filter(|(_, _, question, _)| *question == Question::Ready);
        let first = ready.map(|(_, _, _, steady)| steady.so_far().first_after(instant, "ready"));
        first.max_by_key(|after| after.unwrap_or(Duration::MAX)).flatten()
    }

    /// Whether every machine has given this answer to this question since then.
    pub(super) fn all_said(&self, question: Question, kind: &str, since: Instant) -> bool {
        let asked = self.0.iter().filter(|(_, _, its, _)| *its == question);
        asked.map(|(_, _, _, steady)| steady.so_far()).all(|report| report.first_after(since, kind).is_some())
    }

    pub(super) fn so_far(&self) -> Watched {
        let asked = self.0.iter();
        Watched(asked.map(|(part, number, question, steady)| (*part, *number, *question, steady.so_far())).collect())
    }

    pub(super) async fn finish(self) -> Watched {
        let mut watched = Vec::new();
        for (part, number, question, steady) in self.0 {
            let report = steady.finish(PATIENCE * 2).await.expect("it ends");
            watched.push((part, number, question, report));
        }
        Watched(watched)
    }
}

/// What the machines said.
pub(super) struct Watched(Vec<(Part, usize, Question, Report)>);

impl Watched {
    /// Whatever was said that must not be.
    pub(super) fn wrongs(&self, start: Instant) -> Vec<String> {
        let told = |(part, number, _, report): &(Part, usize, Question, Report)| {
            let wrongs = report.wrongs(start).into_iter();
            wrongs.map(|wrong| format!("{} {number} {wrong}", part.name())).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(told).collect()
    }

    /// What the breaker of each machine of a function was, one state after the other.
    pub(super) fn breakers(&self, part: Part) -> Vec<Vec<&'static str>> {
        let of = self.0.iter().filter(|(its, _, question, _)| *its == part && *question == Question::Breaker);
        let states = |report: &Report| {
            let mut states: Vec<_> = report.0.iter().filter_map(|seen| seen.judged.clone().ok()).collect();
            states.dedup();
            states
        };
        of.map(|(_, _, _, report)| states(report)).collect()
    }

    /// How long after an instant the breaker of each machine of a function was first seen open.
    pub(super) fn open_after(&self, part: Part, instant: Instant) -> Vec<Option<Duration>> {
        let of = self.0.iter().filter(|(its, _, question, _)| *its == part && *question == Question::Breaker);
        of.map(|(_, _, _, report)| report.first_after(instant, "open")).collect()
    }

    /// The longest that anybody waited for `/healthz`.
    pub(super) fn slowest_health(&self) -> Duration {
        let alive = self.0.iter().filter(|(_, _, question, _)| *question == Question::Alive);
        alive.map(|(_, _, _, report)| report.longest()).max().unwrap_or_default()
    }
}
