//! The worker: claims batches while it may, works on several at once, and ends when the process drains.
//!
//! Everything runs on the main thread, where the watchdog's heart beats too: nothing here blocks or computes for long.

mod batch;
mod chores;
mod pace;
mod settle;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use contracts::mail::KINDS;
use platform::clock::Stopwatch;
use platform::drain::Drain;
use platform::function::Tools;
use platform::guard::breaker::Breaker;
use platform::postgres::{Error, Pool};
use platform::probe::{Degraded, Readiness};
use platform::sabotage;
use platform::telemetry::context;
use platform::telemetry::log::chain;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::resend::{Resend, Unusable};
use crate::settings::{LetterSettings, PaceSettings, Settings};
use crate::store::Store;
use crate::telemetry::{RESEND, WorkerMetrics, batch_trace};
use pace::ClaimPace;

/// What every batch needs.
struct Worker {
    store: Store,
    pool: Pool,
    resend: Resend,
    /// Before Resend: while it is open nothing is claimed, so that no mail uses up a try.
    breaker: Breaker,
    letters: LetterSettings,
    settings: PaceSettings,
    /// What must be left of a lease when a post begins.
    post_limit: std::time::Duration,
    metrics: WorkerMetrics,
    degraded: Degraded,
    drain: Drain,
    readiness: Readiness,
    /// Whether the process has been ready since it started.
    proven: Cell<bool>,
    pace: RefCell<ClaimPace>,
    /// Whether the database failed the last time that something was asked of it.
    failing: Cell<bool>,
}

/// Why the worker cannot work at all.
#[derive(Debug, thiserror::Error)]
enum CannotWork {
    #[error("there is no database: {0}")]
    Database(#[from] Error),
    #[error("there is no way to Resend: {0}")]
    Resend(#[from] Unusable),
}

/// Works until the process drains; then finishes what is under way.
pub async fn run(tools: Tools<Settings>) {
    match Worker::new(&tools) {
        Ok(worker) => Rc::new(worker).work().await,
        // Its end is the end of the process.
        Err(error) => tracing::error!(error = chain(&error), "the worker cannot work"),
    }
}

impl Worker {
    fn new(tools: &Tools<Settings>) -> Result<Self, CannotWork> {
        let (pool, settings) = (tools.pool()?, &tools.settings);
        Ok(Self {
            store: Store::new(pool.clone()),
            pool,
            resend: Resend::new(&settings.resend)?,
            breaker: Breaker::new(RESEND, settings.resend.breaker, &tools.metrics),
            letters: settings.letters.clone(),
            settings: settings.pace.clone(),
            post_limit: settings.resend.post_limit,
            metrics: tools.metrics.of(),
            degraded: tools.degraded.clone(),
            drain: tools.drain.clone(),
            readiness: tools.readiness.clone(),
            proven: Cell::new(false),
            pace: RefCell::new(ClaimPace::new(settings.pace.spacing, Instant::now())),
            failing: Cell::new(false),
        })
    }

    async fn work(self: Rc<Self>) {
        let (mut tasks, mut chores) = (JoinSet::new(), chores::Schedule::default());
        while !self.drain.begun() {
            if chores.are_due(Instant::now()) {
                context::unrecorded(self.do_chores()).await;
            }
            self.claim_while_free(&mut tasks).await;
            let rest = self.pace.borrow().rest(Instant::now(), self.settings.poll);
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = self.drain.wait() => {}
                Some(ended) = tasks.join_next() => told(ended),
            }
        }
        while let Some(ended) = tasks.join_next().await {
            told(ended);
        }
    }

    /// Whether it may take mails: not before it was ready once. A release that never gets there is taken back, and what it
    /// had taken would wait for it.
    fn is_proven(&self) -> bool {
        if !self.proven.get() {
            self.proven.set(self.readiness.report(self.drain.begun()).ready);
        }
        self.proven.get() || sabotage::takes_out("first readiness")
    }

    async fn claim_while_free(self: &Rc<Self>, tasks: &mut JoinSet<()>) {
        if !self.is_proven() {
            return;
        }
        while tasks.len() < self.settings.batches_under_way
            && self.pace.borrow().is_open(Instant::now())
            && !self.drain.begun()
        {
            // Closed, everybody; after the open time one batch, which is the trial.
            let Some(permit) = self.breaker.enter() else { return };
            // Most looks find nothing, and a trace of each would bury the others.
            let watch = Stopwatch::start();
            let claim = self.store.claim(&KINDS, self.settings.mails_per_batch, self.settings.lease);
            let claimed = context::unrecorded(claim).await;
            let Some(Some(claimed)) = self.heard(claimed) else { return permit.withdraw() };
            self.pace.borrow_mut().claimed(Instant::now());
            let trace = batch_trace(&self.store, &claimed, watch);
            tasks.spawn_local(self.clone().send(claimed, permit, trace));
        }
    }

    /// Tells that the database fails, and that it is back, once each.
    fn heard<T>(&self, answer: Result<T, Error>) -> Option<T> {
        match answer {
            Ok(answer) => {
                if self.failing.replace(false) {
                    tracing::info!("the outbox can be read again");
                }
                Some(answer)
            }
            Err(error) => {
                if !self.failing.replace(true) {
                    tracing::warn!(error = chain(&error), "the outbox cannot be read");
                }
                None
            }
        }
    }
}

fn told(ended: Result<(), JoinError>) {
    if ended.is_err() {
        // The panic has its own line. The lease will pass, and then the batch is repeated as it is.
        tracing::error!("the work on a batch broke off");
    }
}
