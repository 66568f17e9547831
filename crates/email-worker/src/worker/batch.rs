//! One batch, from its claim to its settling.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use contracts::ids::SignInId;
use contracts::mail::Mail;
use platform::clock::Stopwatch;
use platform::guard::breaker::{self, Permit};
use platform::sabotage;
use platform::telemetry::context;
use platform::telemetry::log::chain;
use platform::telemetry::trace::OpenSpan;
use time::OffsetDateTime;

use super::Worker;
use crate::letters;
use crate::protocol::judge::{Scope, unsendable};
use crate::protocol::placeholder::{SignIn, Token, fill};
use crate::protocol::refusal::Refusal;
use crate::protocol::{Attempt, Jitter, Past, Reply, Settlement, backoff, judge};
use crate::resend::{self, failure};
use crate::store::Claimed;
use crate::telemetry::{RESEND, tell_failed, tell_refused};

/// What one try came to.
pub(super) struct Tried {
    pub(super) verdict: Settlement,
    /// What went wrong, by name.
    pub(super) error: Option<String>,
    /// When the post began and ended, if there was one.
    pub(super) posted: Option<(SystemTime, SystemTime)>,
}

/// A batch whose bytes are ready for the wire.
struct Ready {
    /// What to freeze: the bytes with placeholders, at the first try.
    frozen: Option<Vec<u8>>,
    /// What goes over the wire.
    body: Vec<u8>,
}

impl Worker {
    /// Tries a batch once and settles it.
    pub(super) async fn send(self: Rc<Self>, claimed: Claimed, permit: Permit, trace: OpenSpan) {
        let _named = self.drain.in_flight("mail batch");
        self.metrics.under_way.inc();
        let below = trace.context().clone();
        context::within(below, async {
            let tried = self.attempt(&claimed, permit).await;
            self.settle(&claimed, tried, trace).await;
        })
        .await;
        self.metrics.under_way.dec();
    }

    async fn attempt(&self, claimed: &Claimed, mut permit: Permit) -> Tried {
        match self.marked(claimed, &mut permit).await {
            Ok((body, at)) => {
                let (tried, verdict) = self.post(claimed, body, at).await;
                permit.settle(verdict);
                tried
            }
            Err(tried) => {
                permit.withdraw();
                tried
            }
        }
    }

    /// Everything before the post: the bytes for the wire, and when they were marked.
    async fn marked(&self, claimed: &Claimed, permit: &mut Permit) -> Result<(Vec<u8>, OffsetDateTime), Tried> {
        let ready = self.ready(claimed).await?;
        if self.drain.begun() && !sabotage::takes_out("mail drain") {
            return Err(Tried::unposted(later(Duration::ZERO), None));
        }
        if permit.begin().is_err() {
            return Err(self.back(claimed, "resend_away".to_owned()));
        }
        let marked = self.store.mark(claimed.hold(), ready.frozen.as_deref(), self.post_limit).await;
        match marked {
            Ok(Some(at)) => Ok((ready.body, at)),
            Ok(None) => Err(self.back(claimed, "mark_refused".to_owned())),
            Err(error) => {
                tell_failed("a batch could not be marked", claimed, &error);
                Err(self.back(claimed, "mark_failed".to_owned()))
            }
        }
    }

    /// Writes the letters, or takes the frozen bytes, and fills in the tokens.
    async fn ready(&self, claimed: &Claimed) -> Result<Ready, Tried> {
        let frozen = match &claimed.request {
            Some(_) => None,
            None => Some(self.written(claimed).await?),
        };
        let bytes = claimed.request.as_deref().or(frozen.as_deref()).unwrap_or_default();
        let keys = key_ids(claimed);
        let token = |sign_in: SignIn| {
            let token = self.letters.keys.token(SignInId(sign_in.uuid()), keys.get(&sign_in)?)?;
            Token::parse(token).ok()
        };
        match fill(bytes, claimed.batch, token) {
            Ok(body) => {
                let leaks = sabotage::takes_out("mail placeholder");
                Ok(Ready { frozen: if leaks { frozen.map(|_| body.clone()) } else { frozen }, body })
            }
            Err(unfilled) => {
                tracing::error!(batch = %claimed.batch.uuid(), error = chain(&unfilled), "a batch could not be filled");
                Err(self.back(claimed, "unfilled".to_owned()))
            }
        }
    }

    async fn written(&self, claimed: &Claimed) -> Result<Vec<u8>, Tried> {
        letters::write(&self.pool, &self.letters, claimed).await.map_err(|unwritten| match unwritten.forever() {
            Some(name) => {
                let error = Some(name.as_str().to_owned());
                Tried::unposted(unsendable(claimed.mails.len(), name), error)
            }
            None => {
                tell_failed("a batch could not be written", claimed, &unwritten);
                self.back(claimed, "unwritten".to_owned())
            }
        })
    }

    async fn post(&self, claimed: &Claimed, body: Vec<u8>, marked_at: OffsetDateTime) -> (Tried, breaker::Verdict) {
        let watch = Stopwatch::start();
        let answer = self.resend.post(claimed.batch, claimed.mails.len(), body).await;
        let took = watch.elapsed();
        self.metrics.posted(took);
        self.note(&answer);
        let attempt =
            Attempt { mails: claimed.mails.len(), number: claimed.attempts, past: Past::from(claimed.unknown_since) };
        let (error, of_resend) = (failure(&answer), resend::verdict(&answer));
        let verdict = judge(answer, &attempt, marked_at + took, jitter());
        (Tried { verdict, error, posted: Some((watch.began(), watch.ended())) }, of_resend)
    }

    /// Tells `/readyz` and the log while Resend refuses whatever we post.
    fn note(&self, answer: &Reply) {
        match answer {
            Reply::Accepted { .. } => self.degraded.over(RESEND),
            Reply::Refused {
                refusal: refusal @ (Refusal::Setup | Refusal::DailyQuota | Refusal::MonthlyQuota),
                name,
                ..
            } => {
                tell_refused(*refusal, name);
                self.degraded.note(RESEND, name.as_str());
            }
            Reply::Refused { .. } | Reply::Unknown { .. } => {}
        }
    }

    /// Gives back a batch that could not be posted, with the usual wait.
    fn back(&self, claimed: &Claimed, why: String) -> Tried {
        Tried::unposted(later(backoff::after(claimed.attempts, None, jitter())), Some(why))
    }
}

impl Tried {
    fn unposted(verdict: Settlement, error: Option<String>) -> Self {
        Self { verdict, error, posted: None }
    }
}

/// Nothing was posted, so nothing could be taken back either.
fn later(wait: Duration) -> Settlement {
    Settlement::Later { wait, clear: false, scope: Scope::Batch }
}

fn jitter() -> Jitter {
    Jitter::new(rand::random())
}

/// Which key each sign-in's token is derived with, as the outbox rows have it.
fn key_ids(claimed: &Claimed) -> HashMap<SignIn, String> {
    let mails = claimed.mails.iter().filter_map(|mail| letters::read(&claimed.kind, mail).ok());
    mails
        .filter_map(|mail| match mail {
            Mail::SignInLink { sign_in_id, key_id } => Some((SignIn::new(sign_in_id.0), key_id)),
            Mail::ApplicationReceived { .. } | Mail::NewApplication { .. } => None,
        })
        .collect()
}
