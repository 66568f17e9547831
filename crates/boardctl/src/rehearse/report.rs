//! What a rehearsal came to.

use std::time::{Duration, Instant};

use serde::Serialize;
use testbed::load::{Report as Load, Seen};

use super::meters::Counted;
use super::run::Came;
use super::timeline::Look;

/// What a rehearsal came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The function.
    pub function: &'static str,
    /// What went wrong, if anything was to.
    pub fault: Option<&'static str>,
    /// Each run of `boardctl deploy`, in turn.
    pub runs: Vec<Came>,
    /// People's requests, where it has any.
    pub requests: Option<Requests>,
    /// Mails, where it sends any.
    pub mails: Option<Mails>,
    /// Rounds, where it is a worker of another kind.
    pub rounds: Option<Rounds>,
    /// How often a breaker of any of its machines moved.
    pub breaker_transitions: u64,
    /// How long all of it took.
    pub seconds: f64,
    /// What is not as it must be.
    pub wrong: Vec<String>,
    /// Who served when.
    pub timeline: Vec<Look>,
}

/// People's requests.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// How many were sent.
    pub sent: usize,
    /// How many were answered otherwise than well.
    pub failed: usize,
    /// From the first of these to the last.
    pub failed_for_s: f64,
    /// Since when a fault of the new machines was seen until the last of these was answered.
    pub failed_after_verdict_s: Option<f64>,
    /// What 99 of 100 took at most, before the first run, while any was at work, and after the last.
    pub p99_ms: [f64; 3],
    /// Each kind of failure once, with when it came.
    pub failures: Vec<String>,
}

/// Mails.
#[derive(Clone, Debug, Serialize)]
pub struct Mails {
    /// How many were written, from before the first run until after the last.
    pub written: usize,
    /// How many Resend accepted, each counted once.
    pub arrived: usize,
    /// How many of these came more than once.
    pub doubled: usize,
    /// How often one was taken and could not be sent, so that it was tried again.
    pub retried: u64,
}

/// What a worker did by itself.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rounds {
    /// How often its machines went round, all of them together.
    pub done: u64,
    /// How many of these failed.
    pub failed: u64,
}

impl Requests {
    pub(super) fn of(load: &Load, began: Instant, runs: (Instant, Instant), verdict: Option<Instant>) -> Self {
        let failed: Vec<Duration> = load
            .0
            .iter()
            .filter(|seen| seen.judged.is_err())
            .map(|seen| seen.at.saturating_duration_since(began))
            .collect();
        let answered = load.0.iter().filter(|seen| seen.judged.is_err()).map(Seen::answered).max();
        let after_verdict = |verdict| answered.unwrap_or(verdict).saturating_duration_since(verdict).as_secs_f64();
        let (first, last) = (failed.iter().min().copied(), failed.iter().max().copied());
        let p99 = |from, to| load.between(from, to).quantile(0.99).as_secs_f64() * 1_000.0;
        let end = load.0.iter().map(|seen| seen.at).max().unwrap_or(began) + Duration::from_millis(1);
        Self {
            sent: load.0.len(),
            failed: failed.len(),
            failed_for_s: last.unwrap_or_default().saturating_sub(first.unwrap_or_default()).as_secs_f64(),
            failed_after_verdict_s: verdict.map(after_verdict),
            p99_ms: [p99(began, runs.0), p99(runs.0, runs.1), p99(runs.1, end)],
            failures: load.wrongs(began),
        }
    }
}

impl Report {
    /// What its machines told of themselves. Nothing is told of zero by a page that nobody read.
    pub(super) fn measured(&mut self, counted: Counted, goes_round: bool) {
        self.breaker_transitions = counted.moved.unwrap_or_default();
        if counted.moved.is_none() {
            self.wrong.push("no machine told of its breakers".to_owned());
        }
        if let Some(mails) = &mut self.mails {
            mails.retried = counted.retried.unwrap_or_default();
            if counted.retried.is_none() {
                self.wrong.push("no machine told of its mails".to_owned());
            }
        }
        if goes_round {
            let rounds =
                Rounds { done: counted.rounds.unwrap_or_default(), failed: counted.failed.unwrap_or_default() };
            if rounds.failed > 0 && self.fault.is_none() {
                self.wrong.push(format!("{} of {} rounds failed", rounds.failed, rounds.done));
            }
            self.rounds = Some(rounds);
        }
    }

    /// Whether all is as it must be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.wrong.is_empty()
    }

    /// For people; the timeline was told while it happened.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![String::new()];
        for run in &self.runs {
            let code = run.code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
            let back = run.back_after.map(|back| format!(", back {back:.1} s after the verdict")).unwrap_or_default();
            lines.push(format!("A run of {:.1} s ({code}{back}): {}", run.seconds, run.told));
        }
        if let Some(requests) = &self.requests {
            let [before, during, after] = requests.p99_ms;
            lines.push(format!(
                "{} requests, {} failed; p99 {before:.0} ms before, {during:.0} ms during, {after:.0} ms after.",
                requests.sent, requests.failed
            ));
            if requests.failed > 0 {
                let after = requests.failed_after_verdict_s;
                let after = after.map(|after| format!(", until {after:.1} s after the verdict")).unwrap_or_default();
                let failures = requests.failures.join("\n  ");
                lines.push(format!("They failed for {:.1} s{after}:\n  {failures}", requests.failed_for_s));
            }
        }
        if let Some(Mails { written, arrived, doubled, retried }) = &self.mails {
            lines.push(format!(
                "{written} mails, {arrived} arrived, {doubled} of them more than once; {retried} tried again."
            ));
        }
        if let Some(Rounds { done, failed }) = self.rounds {
            lines.push(format!("{done} rounds, {failed} failed."));
        }
        lines.push(format!("{} transitions of breakers; {:.1} s in all.", self.breaker_transitions, self.seconds));
        lines.push(match self.wrong.as_slice() {
            [] => "All is as it must be.".to_owned(),
            wrong => format!("Not as it must be:\n  {}", wrong.join("\n  ")),
        });
        lines.join("\n")
    }
}
