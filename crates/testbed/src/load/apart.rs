use tokio::sync::oneshot;
use tokio::task::LocalSet;

/// Runs a load on a thread of its own, so that nothing else of this process is in its way.
pub(super) async fn apart<F: Future<Output: Send + 'static>>(load: impl FnOnce() -> F + Send + 'static) -> F::Output {
    let (done, outcome) = oneshot::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // Nobody waits any more if it cannot be sent.
        let _ = done.send(LocalSet::new().block_on(&runtime, load()));
    };
    std::thread::Builder::new().name("load".to_owned()).spawn(work).expect("a thread");
    outcome.await.expect("the load runs to its end")
}
