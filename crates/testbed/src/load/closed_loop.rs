//! Callers who each wait for their answer before they ask again: as many requests as there are to be made, as fast as
//! they are answered. What a request costs is measured like this.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::apart::apart;
use super::exchange::exchange;
use super::open_loop::Outcome;

/// A load: these requests, each once.
#[derive(Clone, Debug)]
pub struct ClosedLoop {
    /// Where.
    pub address: SocketAddr,
    /// The bytes of each request, in the order in which they are sent.
    pub requests: Vec<Vec<u8>>,
    /// How many callers, each with a connection that it keeps.
    pub callers: usize,
    /// When what is still unanswered is given up.
    pub patience: Duration,
}

/// What the callers share.
struct Shared {
    address: SocketAddr,
    requests: RefCell<std::vec::IntoIter<Vec<u8>>>,
    outcome: RefCell<Outcome>,
}

impl ClosedLoop {
    /// Runs it on a thread of its own.
    ///
    /// # Panics
    ///
    /// When the machine has no thread left.
    pub async fn run(self) -> Outcome {
        apart(move || self.asked()).await
    }

    async fn asked(self) -> Outcome {
        let (start, all) = (Instant::now(), self.requests.len());
        let requests = RefCell::new(self.requests.into_iter());
        let shared = Rc::new(Shared { address: self.address, requests, outcome: RefCell::default() });
        let mut callers = JoinSet::new();
        for _ in 0..self.callers {
            callers.spawn_local(Rc::clone(&shared).call());
        }
        // Whoever is not done by then is aborted with the set.
        drop(tokio::time::timeout(self.patience, async { while callers.join_next().await.is_some() {} }).await);
        let mut outcome = shared.outcome.take();
        let answered: usize = outcome.answers.values().map(Vec::len).sum();
        outcome.lost = u64::try_from(all - answered).unwrap_or(u64::MAX);
        outcome.lasted = start.elapsed();
        outcome
    }
}

impl Shared {
    /// One caller, until no request is left.
    async fn call(self: Rc<Self>) {
        let mut kept = None;
        loop {
            let Some(request) = self.requests.borrow_mut().next() else { return };
            let asked = Instant::now();
            if let Ok((answer, stream)) = exchange(self.address, kept.take(), &request).await {
                kept = stream;
                self.outcome.borrow_mut().answers.entry(answer.status).or_default().push(asked.elapsed());
            }
        }
    }
}
