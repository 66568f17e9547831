//! The first SIGINT, SIGTERM or SIGHUP takes a run back; a second one ends it at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// SIGINT, SIGTERM, and SIGHUP, which comes when the terminal is closed.
pub(crate) struct Signals {
    int: Signal,
    term: Signal,
    hup: Signal,
}

impl Signals {
    /// From now on none ends the process by itself.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn take() -> std::io::Result<Self> {
        let (int, term) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { int, term, hup: signal(SignalKind::hangup())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.int.recv() => {}
            _ = self.term.recv() => {}
            _ = self.hup.recv() => {}
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

#[cfg(test)]
mod tests {
    use nix::sys::signal::{Signal, raise};

    use super::*;

    #[tokio::test]
    async fn each_of_the_three_is_heard_once_by_the_run_and_ends_it_when_it_comes_again() {
        for one in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let send = move || raise(one).expect("sent");
            let (stop, mut stopped) = watch::channel(false);
            let until_stopped = async {
                send();
                stopped.wait_for(|stop| *stop).await.is_ok()
            };
            let signals = Signals::take().expect("signals");
            assert_eq!(signals.over(&stop, || {}, until_stopped).await, Some(true), "{one}");
            let signals = Signals::take().expect("signals");
            let for_ever = async {
                send();
                std::future::pending::<()>().await;
            };
            assert_eq!(signals.over(&stop, send, for_ever).await, None, "{one}");
        }
    }
}
