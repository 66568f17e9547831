//! The way out of a process.

use std::io;

use actix_web::dev::ServerHandle;
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::drain::{Drain, DrainSettings, Phase};
use crate::sabotage;
use crate::telemetry::metric::{Gauge, Instruments, Registry};

#[derive(Clone, Debug)]
pub(super) struct DrainMetrics {
    phase: Gauge,
}

impl Instruments for DrainMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self { phase: registry.add("drain_phase", "0 serving, 1 lame duck, 2 closing") }
    }
}

/// Serves on for a while, then stops taking connections and waits for what is in flight; false when a request or
/// background work was still under way after its time.
pub(super) async fn leave(
    drain: &Drain,
    metrics: &DrainMetrics,
    server: &ServerHandle,
    background: &mut Vec<(&'static str, JoinHandle<()>)>,
    limits: DrainSettings,
) -> bool {
    tracing::info!(lame_duck_s = limits.lame_duck.as_secs_f64(), "draining");
    drain.advance(Phase::LameDuck);
    metrics.phase.set(1);
    tokio::time::sleep(limits.lame_duck).await;
    drain.advance(Phase::Closing);
    metrics.phase.set(2);
    let ended = async {
        // One that ended is why the process does; it must not be asked again.
        for (_, task) in background.drain(..).filter(|(_, task)| !task.is_finished()) {
            // How it ended is of no interest any more.
            let _ = task.await;
        }
    };
    let ended = async {
        let in_time = tokio::time::timeout(limits.in_flight, ended).await.is_ok();
        if !in_time {
            tracing::error!("background work did not end in time and is cut");
        }
        in_time
    };
    let answered = async {
        tokio::select! {
            () = server.stop(!sabotage::takes_out("graceful stop")) => true,
            // What is still open then has no request at work, and the server would only take its time to close it.
            () = tokio::time::sleep(limits.in_flight) => drain.unfinished().is_empty(),
        }
    };
    let (answered, ended) = futures_util::future::join(answered, ended).await;
    answered && ended
}

/// The signals that end a process. Those that come before anybody waits for them are kept.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Takes them from the system, which would let each of them end the process.
    pub(super) fn taken() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the first of them: from here on the process drains.
    pub(super) async fn first(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }

    /// Waits for somebody at a terminal who does not want to wait for the drain. Machines repeat SIGTERM, and mean the
    /// same each time: whoever has waited enough sends SIGKILL.
    pub(super) async fn impatient(&mut self) {
        if sabotage::takes_out("repeated signals change nothing") {
            return self.first().await;
        }
        let _ = self.interrupt.recv().await;
    }
}

/// Waits until any of these tasks ends, and says which and how.
pub(super) async fn first_to_end<'a>(
    tasks: impl Iterator<Item = &'a mut (&'static str, JoinHandle<()>)>,
) -> (&'static str, &'static str) {
    let ends = tasks.map(|(name, task)| {
        Box::pin(async move {
            let how = if task.await.is_ok() { "it returned" } else { "it panicked" };
            (*name, how)
        })
    });
    futures_util::future::select_all(ends).await.0
}
