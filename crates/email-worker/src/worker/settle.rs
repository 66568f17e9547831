//! Settling: one statement by the verdict, tried again while the claim is surely ours.

use std::time::Duration;

use platform::postgres::Error;
use platform::sabotage;
use platform::telemetry::trace::OpenSpan;
use tokio::time::{Instant, sleep};

use super::Worker;
use super::batch::Tried;
use crate::protocol::Settlement;
use crate::protocol::judge::Scope;
use crate::store::{Claimed, End};
use crate::telemetry::{Outcome, end_batch, mail_span, tell_failed, tell_lost};

/// The first wait after the database failed, doubled each time: most failures are a lost connection.
const FIRST_WAIT: Duration = Duration::from_millis(50);

impl Worker {
    pub(super) async fn settle(&self, claimed: &Claimed, tried: Tried, trace: OpenSpan) {
        if let Settlement::Later { scope: Scope::Everything(pause), .. } = tried.verdict
            && !sabotage::takes_out("mail pause")
        {
            self.pace.borrow_mut().pause(Instant::now(), pause);
        }
        let had = claimed.read_at.elapsed();
        let outcome = match self.settled(claimed, &tried.verdict).await {
            Ok(true) => outcome(&tried.verdict, tried.error.is_some()),
            Ok(false) => {
                tell_lost(claimed);
                Outcome::Lost
            }
            Err(error) => {
                // The lease passes, and the next worker repeats it with the same bytes and key.
                tell_failed("a batch could not be settled", claimed, &error);
                Outcome::Lost
            }
        };
        self.tell(claimed, &tried, outcome, trace, had);
    }

    /// Settles; a failing database is asked again until the lease is over. A lost answer of one that did settle makes
    /// the next say that the batch is no longer ours.
    async fn settled(&self, claimed: &Claimed, verdict: &Settlement) -> Result<bool, Error> {
        let end = claimed.read_at + self.settings.lease;
        let mut wait = FIRST_WAIT;
        loop {
            match self.apply(claimed, verdict).await {
                Err(_) if Instant::now() + wait < end && !sabotage::takes_out("settle retry") => sleep(wait).await,
                settled => return settled,
            }
            wait *= 2;
        }
    }

    async fn apply(&self, claimed: &Claimed, verdict: &Settlement) -> Result<bool, Error> {
        let hold = claimed.hold();
        match verdict {
            Settlement::Sent(ids) => {
                let sent: Vec<_> = claimed.mails.iter().map(|mail| mail.id).zip(ids).collect();
                self.store.sent(hold, &sent).await
            }
            Settlement::Dead(error) => self.store.close(hold, End::Dead, error).await,
            Settlement::Uncertain(error) => self.store.close(hold, End::Uncertain, error).await,
            Settlement::Dissolve => self.store.dissolve(hold).await,
            Settlement::Later { wait, clear, .. } => self.store.later(hold, *wait, *clear).await,
        }
    }

    /// Counts it, writes its spans and its one line.
    fn tell(&self, claimed: &Claimed, tried: &Tried, outcome: Outcome, trace: OpenSpan, had: Duration) {
        let (kind, mails, error) = (&claimed.kind, claimed.mails.len(), tried.error.as_deref());
        self.metrics.count(kind, outcome, error, mails as u64);
        if outcome == Outcome::Sent {
            let waits = claimed.mails.iter().map(|mail| mail.waited + had);
            self.metrics.sent(kind, waits);
        }
        if let Some(times) = tried.posted {
            for mail in &claimed.mails {
                mail_span(mail, kind, times, outcome, error, trace.context());
            }
        }
        let (batch, attempts, outcome_name) = (claimed.batch.uuid(), claimed.attempts, outcome.name());
        if outcome == Outcome::Uncertain {
            tracing::error!(%batch, kind, mails, outcome = outcome_name, attempts, error, "a key was used twice: a bug");
        } else {
            tracing::info!(%batch, kind, mails, outcome = outcome_name, attempts, error, "batch settled");
        }
        end_batch(trace, outcome, error);
    }
}

fn outcome(verdict: &Settlement, failed: bool) -> Outcome {
    match verdict {
        Settlement::Sent(_) => Outcome::Sent,
        Settlement::Dead(_) => Outcome::Dead,
        Settlement::Uncertain(_) => Outcome::Uncertain,
        Settlement::Dissolve => Outcome::Retried,
        // Only a drain lets go of a batch that nothing went wrong with.
        Settlement::Later { .. } if failed => Outcome::Retried,
        Settlement::Later { .. } => Outcome::Returned,
    }
}
