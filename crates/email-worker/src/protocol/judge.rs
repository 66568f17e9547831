//! What becomes of a batch after a post.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    answer::{ProviderId, Reply},
    backoff::{self, Jitter},
    refusal::{ErrorName, Refusal},
};

/// Whether Resend may have accepted the batch before this try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Past {
    /// Every earlier try was definitely refused, or there was none: this try's own mark set `unknown_since`.
    Clean,
    /// Some earlier try has an unknown outcome, or may even be on its way still.
    InDoubt,
}

impl From<Option<OffsetDateTime>> for Past {
    /// From `unknown_since` as the *claim* returned it; the fence sees to it that only our own mark came since.
    fn from(unknown_since: Option<OffsetDateTime>) -> Self {
        unknown_since.map_or(Self::Clean, |_| Self::InDoubt)
    }
}

/// The try that an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// How many mails the batch holds.
    pub mails: usize,
    /// The batch's `attempts`, this one included, from 1.
    pub number: u32,
    /// What was known before it.
    pub past: Past,
}

/// How to settle the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// `sent.sql`: every mail was accepted, with these ids in the order of the request.
    Sent(Vec<ProviderId>),
    /// `close.sql`, `dead`: its one mail will never be taken.
    Dead(ErrorName),
    /// `dissolve.sql`: one of its mails will never be taken; which one shows when each goes alone.
    Dissolve,
    /// `later.sql`: again, with the same bytes and key.
    Later {
        /// From the database's now.
        wait: Duration,
        /// Nothing was ever accepted: `unknown_since` is cleared.
        clear: bool,
        /// Whom the wait concerns.
        scope: Scope,
    },
    /// `close.sql`, `uncertain`: other bytes were accepted under this key. A bug of ours: raise the alarm.
    Uncertain(ErrorName),
}

/// Whom a wait concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// This batch.
    Batch,
    /// Every batch would hear the same: a worker had better claim nothing for so long.
    Everything(Duration),
}

/// Judges the answer to a try; `now` is the database's time.
#[must_use]
pub fn judge(answer: Reply, attempt: &Attempt, now: OffsetDateTime, jitter: Jitter) -> Settlement {
    match answer {
        Reply::Accepted { ids } => Settlement::Sent(ids),
        Reply::Unknown { retry_after, .. } => Settlement::Later {
            wait: backoff::after(attempt.number, retry_after, jitter),
            clear: false,
            // One slow answer is not a reason to stop.
            scope: Scope::Batch,
        },
        Reply::Refused { refusal, name, retry_after } => {
            let wait = |wait: Duration| wait.max(backoff::after(attempt.number, retry_after, jitter));
            match refusal {
                Refusal::Content => unsendable(attempt.mails, name),
                Refusal::KeyReused => Settlement::Uncertain(name),
                // Whoever is under way with this key may yet be accepted, so this says nothing about the past.
                Refusal::Concurrent => {
                    Settlement::Later { wait: wait(Duration::ZERO), clear: false, scope: Scope::Batch }
                }
                // That this batch was often unlucky is no reason for others to wait longer than Resend asked for.
                Refusal::Busy => refused(wait(Duration::ZERO), backoff::after(1, retry_after, jitter), attempt.past),
                Refusal::Setup => for_all(wait(Duration::ZERO), attempt.past),
                Refusal::DailyQuota => for_all(wait(backoff::until_next_day(now, jitter)), attempt.past),
                Refusal::MonthlyQuota => for_all(wait(backoff::monthly(jitter)), attempt.past),
            }
        }
    }
}

/// What becomes of a batch with a mail that cannot be sent: one that Resend refuses for its content, or one of ours
/// that cannot even be written (its person is gone). The latter only before the bytes are frozen.
#[must_use]
pub fn unsendable(mails: usize, error: ErrorName) -> Settlement {
    if mails == 1 { Settlement::Dead(error) } else { Settlement::Dissolve }
}

/// A definite refusal speaks for this try alone: it clears a doubt only if this try raised it. An earlier one whose
/// answer was lost may have been accepted all the same.
fn refused(wait: Duration, pause: Duration, past: Past) -> Settlement {
    Settlement::Later { wait, clear: past == Past::Clean, scope: Scope::Everything(pause) }
}

/// A refusal that concerns every batch for as long as this one.
fn for_all(wait: Duration, past: Past) -> Settlement {
    refused(wait, wait, past)
}

#[cfg(test)]
mod tests;
