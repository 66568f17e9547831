use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Connection, Lost, Report, Script, Seen};
use crate::background::Background;
use crate::{Error, wait};

/// How many clients there are, and how they go about it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where they ask.
    pub address: SocketAddr,
    /// Each with a connection of its own.
    pub clients: u32,
    /// When they ask.
    pub arrivals: Arrivals,
    /// How long each waits for an answer before it counts as lost.
    pub patience: Duration,
}

/// When clients ask. Nobody asks before the last answer is there, so that a server that hangs is asked less.
#[derive(Clone, Copy, Debug)]
pub enum Arrivals {
    /// So often in a second, all clients together.
    Rate(f64),
    /// After gaps of all lengths up to this one.
    Gaps(Duration),
}

/// Load that goes on until it is told to end.
#[derive(Debug)]
pub struct Steady {
    shared: Arc<Shared>,
    ending: watch::Sender<bool>,
    thread: Background,
}

#[derive(Debug, Default)]
struct Shared {
    next: AtomicU64,
    seen: Mutex<Vec<Seen>>,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Steady {
    /// Begins.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub fn start(plan: Plan, script: impl Script) -> Result<Self, Error> {
        let (shared, script) = (Arc::<Shared>::default(), Arc::new(script));
        let ending = watch::Sender::new(false);
        let (its, ended) = (shared.clone(), ending.subscribe());
        let thread = Background::start("load", move || async move {
            let mut clients = JoinSet::new();
            for client in 0..plan.clients {
                clients.spawn(work(client, plan, script.clone(), its.clone(), ended.clone()));
            }
            // A client that panics has judged wrongly, and so has the load.
            clients.join_all().await;
        })?;
        Ok(Self { shared, ending, thread })
    }

    /// What was seen up to now.
    pub fn so_far(&self) -> Report {
        Report(self.shared.seen().clone())
    }

    /// What was answered since then.
    pub fn since(&self, instant: Instant) -> Report {
        // In the order of the answers.
        let mut seen: Vec<Seen> =
            self.shared.seen().iter().rev().take_while(|seen| seen.answered() >= instant).cloned().collect();
        seen.reverse();
        Report(seen)
    }

    /// How many answers there were up to now.
    pub fn count(&self) -> usize {
        self.shared.seen().len()
    }

    /// Waits until what was seen is as wanted.
    ///
    /// # Errors
    ///
    /// [`Error::Late`] with what was seen instead.
    pub async fn wait_until(
        &self,
        deadline: Duration,
        what: &str,
        wanted: impl Fn(&Report) -> bool,
    ) -> Result<(), Error> {
        let done = wait::until(deadline, what, async || wanted(&self.so_far())).await;
        done.map_err(|_| Error::Late { what: what.to_owned(), deadline, seen: format!("; seen: {}", self.so_far()) })
    }

    /// Ends: every request that is under way is waited for.
    ///
    /// # Errors
    ///
    /// [`Error::Late`] when one is still under way after all patience; [`Error::Unfit`] when the script panicked.
    pub async fn finish(self, deadline: Duration) -> Result<Report, Error> {
        self.ending.send_replace(true);
        wait::until(deadline, "the load ends", async || self.thread.is_finished()).await?;
        if self.thread.panicked() {
            return Err(Error::Unfit("the script of a load panicked; its words are above".to_owned()));
        }
        let seen = std::mem::take(&mut *self.shared.seen());
        Ok(Report(seen))
    }
}

/// One client.
async fn work(
    client: u32,
    plan: Plan,
    script: Arc<impl Script>,
    shared: Arc<Shared>,
    mut ending: watch::Receiver<bool>,
) {
    let mut connection = Connection::to(plan.address);
    // Not all at once.
    let mut due = tokio::time::Instant::now()
        + match plan.arrivals {
            Arrivals::Rate(rate) => Duration::from_secs_f64(f64::from(client) / rate),
            Arrivals::Gaps(longest) => longest.mul_f64(spread(client.into())),
        };
    loop {
        if tokio::time::timeout_at(due, ending.wait_for(|ending| *ending)).await.is_ok() {
            return;
        }
        let number = shared.next.fetch_add(1, Ordering::SeqCst);
        let (ask, at) = (script.ask(number), Instant::now());
        let answer = tokio::time::timeout(plan.patience, connection.ask(&ask)).await.unwrap_or(Err(Lost::Late));
        let took = at.elapsed();
        let judged = script.judge(number, answer.as_ref());
        shared.seen().push(Seen { at, took, judged });
        let now = tokio::time::Instant::now();
        due = match plan.arrivals {
            Arrivals::Rate(rate) => now.max(due + Duration::from_secs_f64(f64::from(plan.clients) / rate)),
            Arrivals::Gaps(longest) => now + longest.mul_f64(spread(number)),
        };
    }
}

/// From 0 to 1, evenly: multiples of the golden section fill the interval so.
fn spread(number: u64) -> f64 {
    (number as f64 * 0.618_033_988_75).fract()
}
