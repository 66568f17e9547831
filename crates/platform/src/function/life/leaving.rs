//! The way out of a process.

use std::future::pending;

use actix_web::dev::ServerHandle;
use actix_web::rt::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::drain::{Drain, DrainSettings, Phase};
use crate::sabotage;
use crate::telemetry::metric::Metrics;

/// Serves on for a while, then stops taking connections and waits for what is in flight; false when a request or
/// background work was still under way after its time.
pub(super) async fn leave(
    drain: &Drain,
    metrics: &Metrics,
    server: &ServerHandle,
    background: &mut Vec<(&'static str, JoinHandle<()>)>,
    limits: DrainSettings,
) -> bool {
    tracing::info!(lame_duck_s = limits.lame_duck.as_secs_f64(), "draining");
    drain.advance(Phase::LameDuck);
    metrics.drain.set(1);
    tokio::time::sleep(limits.lame_duck).await;
    drain.advance(Phase::Closing);
    metrics.drain.set(2);
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

/// Waits for SIGTERM or SIGINT.
pub(super) async fn a_signal() {
    let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("signals cannot be taken: the process can only be killed");
        return pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
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
