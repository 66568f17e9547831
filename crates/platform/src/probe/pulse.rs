//! Whether PostgreSQL answers anybody at all. Calls to a server that is frozen give no verdict before they are cut, and those
//! that wait for a connection of a pool give none at all; so while somebody waits and nobody was answered just now, one
//! question of this process's own is put to it. It is the simplest there is: where it and everything else that was asked
//! is left without an answer, it is not one statement that is slow.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{FutureExt as _, select_ok};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::guard::breaker::{Breaker, State};
use crate::postgres::{Alone, Error, PoolMetrics, PostgresSettings};
use crate::sabotage;

/// How often it is looked whether somebody waits in vain.
const LOOK: Duration = Duration::from_millis(200);
/// A part of the wait for the answer. It is counted in parts, so that a process that was stopped meanwhile, or a machine
/// that is busy, does not take its own absence for the server's.
const PART: Duration = Duration::from_millis(250);
/// So many parts without an answer to anybody open the breaker: with the look, within two seconds of the first call.
const PARTS: u32 = 7;
/// After so long a new connection is asked, too: long enough to spare it as a rule, and soon enough for its answer to come
/// within the first part.
const SOON: Duration = Duration::from_millis(100);
/// After a refusal, which is an answer of a kind: nobody waits for that.
const REFUSED: Duration = Duration::from_secs(1);

/// When anybody of this process last had an answer, and whether nobody has one now.
#[derive(Clone, Debug)]
pub struct Seen(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    /// Nanoseconds after the start.
    last: AtomicU64,
    silent: watch::Sender<bool>,
}

impl Default for Seen {
    fn default() -> Self {
        let silent = watch::Sender::new(false);
        Self(Arc::new(Inner { start: Instant::now(), last: AtomicU64::new(0), silent }))
    }
}

impl Seen {
    /// Notes an answer.
    pub fn good(&self) {
        self.0.last.store(self.since_start(Instant::now()), Ordering::Relaxed);
        if *self.0.silent.borrow() {
            self.tell(false);
        }
    }

    /// Waits until nobody is answered any more.
    pub(crate) async fn silence(&self) {
        let mut silent = self.0.silent.subscribe();
        if sabotage::takes_out("waits in silence") || silent.wait_for(|silent| *silent).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn after(&self, instant: Instant) -> bool {
        self.0.last.load(Ordering::Relaxed) > self.since_start(instant)
    }

    fn tell(&self, silent: bool) {
        self.0.silent.send_replace(silent);
    }

    fn since_start(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.0.start).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Watches for silence, for ever, and opens the breaker.
pub(crate) async fn watch(
    database: PostgresSettings,
    application: String,
    seen: Seen,
    breaker: Breaker,
    metrics: PoolMetrics,
) {
    let mut kept = None;
    loop {
        sleep(LOOK).await;
        let (looked, awaited) = (Instant::now(), metrics.in_use.get() + metrics.waiting.get() > 0);
        let in_vain = awaited && looked.checked_sub(LOOK).is_none_or(|then| !seen.after(then));
        // Its connection is there before anybody waits: opening one takes several answers.
        if breaker.state() != State::Closed || (kept.is_some() && !in_vain) {
            continue;
        }
        match heard(select_1(kept.take(), &database, &application), &seen).await {
            Some(Ok(client)) => kept = Some(client),
            Some(Err(_)) => sleep(REFUSED).await,
            None if awaited && !seen.after(looked) => breaker.fall_silent(),
            None => {}
        }
    }
}

/// Asks over the connection that is kept and, where no answer comes soon, over a new one, too: what has died may be the
/// path, and not the server.
async fn select_1(kept: Option<Alone>, database: &PostgresSettings, application: &str) -> Result<Alone, Error> {
    let anew = async { ask(database.connect(application).await?).await };
    let Some(kept) = kept.filter(|client| !client.is_closed()) else { return anew.await };
    let anew = async {
        sleep(SOON).await;
        anew.await
    };
    select_ok([ask(kept).boxed_local(), anew.boxed_local()]).await.map(|(client, _)| client)
}

async fn ask(client: Alone) -> Result<Alone, Error> {
    client.simple_query("SELECT 1").await.map_err(|_| Error::Lost)?;
    Ok(client)
}

/// What came of a question; nothing, where no answer came. Meanwhile nobody else need wait in vain.
async fn heard<T, E>(question: impl Future<Output = Result<T, E>>, seen: &Seen) -> Option<Result<T, E>> {
    let (mut question, asked) = (pin!(question), Instant::now());
    for _ in 0..PARTS {
        if let Ok(answer) = timeout(PART, &mut question).await {
            seen.good();
            return Some(answer);
        }
        if !seen.after(asked) {
            seen.tell(true);
        }
    }
    // The breaker refuses from here on, and whoever comes after it waits as usual.
    seen.tell(false);
    None
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::time::Instant as PausedInstant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_the_silence_and_the_question() {
        let (seen, late) = (Seen::default(), PART * 2);
        let question = async {
            sleep(late).await;
            Ok::<_, ()>(())
        };
        let answer = heard(question, &seen).await;
        assert!(matches!(answer, Some(Ok(()))));
        assert!(seen.silence().now_or_never().is_none(), "it is over");
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_answer_to_anybody_those_who_wait_are_told_at_once_and_the_rest_within_two_seconds() {
        let (seen, began) = (Seen::default(), PausedInstant::now());
        let told = async {
            seen.silence().await;
            began.elapsed()
        };
        let question = heard(std::future::pending::<Result<(), ()>>(), &seen);
        let (answer, told) = tokio::join!(question, told);
        assert!(answer.is_none() && told < PART * 2, "{told:?}");
        assert!(seen.silence().now_or_never().is_none(), "whoever comes later waits as usual");
        assert!(began.elapsed() + LOOK <= Duration::from_secs(2), "{:?}", began.elapsed());
    }

    #[test]
    fn an_answer_counts_for_who_asked_before_it() {
        let (seen, before) = (Seen::default(), Instant::now());
        assert!(!seen.after(before));
        seen.good();
        assert!(seen.after(before) && !seen.after(Instant::now()));
    }
}
