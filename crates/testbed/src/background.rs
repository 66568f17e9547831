//! A thread with a runtime of its own, for servers that must answer while a test blocks its own thread.

use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::Error;

/// The thread; dropping it drops everything that runs there and waits until the thread has ended.
#[derive(Debug)]
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Runs what `make` returns until it ends or this value is dropped. Tasks that it spawns end with it.
    pub(crate) fn start<F>(name: &str, make: impl FnOnce() -> F + Send + 'static) -> Result<Self, Error>
    where
        F: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io(format!("could not make a runtime for {name}")))?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        () = async { make().await } => {}
                    }
                });
            })
            .map_err(Error::io(format!("could not start the thread of {name}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Whether it has ended by itself.
    pub(crate) fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for its end; whether that was a panic.
    pub(crate) fn panicked(mut self) -> bool {
        self.thread.take().is_some_and(|thread| thread.join().is_err())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there was printed over there; dropping must not panic once more.
            let _ = thread.join();
        }
    }
}
