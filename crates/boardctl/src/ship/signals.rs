//! The first SIGINT or SIGTERM takes a run back; a second one ends it at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// SIGINT and SIGTERM.
pub(crate) struct Signals {
    int: Signal,
    term: Signal,
}

impl Signals {
    /// From now on neither ends the process by itself.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn take() -> std::io::Result<Self> {
        Ok(Self { int: signal(SignalKind::interrupt())?, term: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.int.recv() => {}
            _ = self.term.recv() => {}
        }
    }

    /// Runs `work`, which hears of the first signal by `stop`. `None` when a second one ended it.
    pub(crate) async fn over<T>(
        mut self,
        stop: &watch::Sender<bool>,
        first: impl FnOnce(),
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return Some(done),
            () = self.next() => {}
        }
        first();
        stop.send_replace(true);
        tokio::select! {
            done = &mut work => Some(done),
            () = self.next() => None,
        }
    }
}
