//! Requests that come when they come, whether or not those before were answered: what an overload is made of. A load
//! that waits for answers would slow down with the function, and show nothing. People know nothing of each other, so the
//! gaps between their requests are at random (a Poisson process), here the same each time.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::net::TcpStream;

use super::apart::apart;
use super::exchange::exchange;
use super::{Lost, Script};

/// What is still unanswered this long after the last arrival is given up.
const PATIENCE: Duration = Duration::from_secs(15);

/// A load: requests by a clock.
#[derive(Debug)]
pub struct OpenLoop<S> {
    /// Where.
    pub address: SocketAddr,
    /// What is asked, and what may be answered. A request that is slow to go out goes out at once, here.
    pub script: Arc<S>,
    /// The number of the first request.
    pub first: u64,
    /// How many arrive a second, on average. Without end, each connection always has one: the most that so many callers get.
    pub rate: f64,
    /// How many connections there may be, each opened when it is first needed and kept. An arrival that finds all of
    /// them busy is not sent, as a proxy's would not be.
    pub connections: usize,
    /// For how long requests arrive.
    pub lasts: Duration,
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Of each status, how long each answer took since its request was due.
    pub answers: BTreeMap<u16, Vec<Duration>>,
    /// How many requests were sent.
    pub sent: u64,
    /// What clients must not be answered, each kind of it once.
    pub wrongs: BTreeSet<String>,
    /// Arrivals that found every connection busy.
    pub unsent: u64,
    /// Connections that were refused, or lost within a request.
    pub lost: u64,
    /// For how long requests arrived.
    pub lasted: Duration,
}

impl Outcome {
    /// How many answers had this status.
    #[must_use]
    pub fn count(&self, status: u16) -> usize {
        self.answers.get(&status).map_or(0, Vec::len)
    }

    /// How many had this status in each second.
    #[must_use]
    pub fn rate(&self, status: u16) -> f64 {
        f64::from(u32::try_from(self.count(status)).unwrap_or(u32::MAX)) / self.lasted.as_secs_f64()
    }

    /// What 99 of 100 answers of this status took at most.
    #[must_use]
    pub fn p99(&self, status: u16) -> Option<Duration> {
        self.percentile(status, 99)
    }

    /// What so many of 100 answers of this status took at most.
    #[must_use]
    pub fn percentile(&self, status: u16, of_100: usize) -> Option<Duration> {
        let mut took = self.answers.get(&status)?.clone();
        took.sort_unstable();
        took.get((took.len() * of_100).div_ceil(100).checked_sub(1)?).copied()
    }

    /// In a line, for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let each = |status: &u16| format!("{status}: {:.0}/s, p99 {:?}", self.rate(*status), self.p99(*status));
        let answers: Vec<String> = self.answers.keys().map(each).collect();
        format!("{}; unsent {}, lost {}", answers.join("; "), self.unsent, self.lost)
    }
}

impl<S: Script> OpenLoop<S> {
    /// Runs it on a thread of its own.
    ///
    /// # Panics
    ///
    /// When the machine has no thread left.
    pub async fn run(self) -> Outcome {
        apart(move || self.arrivals()).await
    }

    async fn arrivals(self) -> Outcome {
        let (start, asked) = (Instant::now(), Rc::new(Asked::new(&self)));
        let mut arrivals = Arrivals::at(self.rate, self.first).peekable();
        while start.elapsed() < self.lasts {
            if self.rate.is_infinite() {
                while asked.has_room(self.connections) {
                    Asked::ask(&asked, Instant::now());
                }
            }
            while let Some(due) = arrivals.next_if(|due| *due <= start.elapsed()) {
                if asked.has_room(self.connections) {
                    Asked::ask(&asked, start + due);
                } else {
                    asked.outcome.borrow_mut().unsent += 1;
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let lasted = start.elapsed();
        while asked.busy.get() > 0 && start.elapsed() < self.lasts + PATIENCE {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut outcome = asked.outcome.take();
        outcome.lost += asked.busy.get();
        outcome.sent = asked.next.get() - self.first;
        outcome.lasted = lasted;
        outcome
    }
}

/// When requests arrive, since the load began. A rate without end has no times, and one of nothing none.
struct Arrivals {
    random: StdRng,
    rate: f64,
    last: f64,
}

impl Arrivals {
    fn at(rate: f64, seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), rate, last: 0.0 }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if !self.rate.is_finite() || self.rate <= 0.0 {
            return None;
        }
        let gap = -(1.0 - self.random.random::<f64>()).ln() / self.rate;
        self.last += gap;
        Some(Duration::from_secs_f64(self.last))
    }
}

/// What was asked, and over which connections.
struct Asked<S> {
    address: SocketAddr,
    script: Arc<S>,
    next: Cell<u64>,
    idle: RefCell<Vec<TcpStream>>,
    open: Cell<usize>,
    busy: Cell<u64>,
    outcome: RefCell<Outcome>,
}

impl<S: Script> Asked<S> {
    fn new(load: &OpenLoop<S>) -> Self {
        let (address, script, next) = (load.address, Arc::clone(&load.script), Cell::new(load.first));
        let (idle, outcome) = (RefCell::default(), RefCell::default());
        Self { address, script, next, idle, open: Cell::new(0), busy: Cell::new(0), outcome }
    }

    /// Whether a connection is free, or one more may be opened.
    fn has_room(&self, connections: usize) -> bool {
        self.open.get() < connections || !self.idle.borrow().is_empty()
    }

    fn ask(this: &Rc<Self>, due: Instant) {
        let (this, kept) = (this.clone(), this.idle.borrow_mut().pop());
        this.busy.set(this.busy.get() + 1);
        this.open.set(this.open.get() + usize::from(kept.is_none()));
        let number = this.next.replace(this.next.get() + 1);
        tokio::task::spawn_local(async move {
            let request = this.script.ask(number).bytes(this.address);
            let answer = exchange(this.address, kept, &request).await.map_err(|error| Lost::Cut(error.to_string()));
            let took = due.elapsed();
            this.busy.set(this.busy.get() - 1);
            let mut outcome = this.outcome.borrow_mut();
            outcome.wrongs.extend(this.script.judge(number, answer.as_ref().map(|(answer, _)| answer)).err());
            match answer {
                Ok((answer, kept)) => {
                    outcome.answers.entry(answer.status).or_default().push(took);
                    match kept {
                        Some(stream) => this.idle.borrow_mut().push(stream),
                        None => this.open.set(this.open.get() - 1),
                    }
                }
                Err(_) => {
                    outcome.lost += 1;
                    this.open.set(this.open.get() - 1);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_of_a_hundred_is_the_p99() {
        let took = (1..=100).rev().map(Duration::from_millis).collect();
        let outcome = Outcome { answers: BTreeMap::from([(200, took)]), ..Outcome::default() };
        assert_eq!((outcome.p99(200), outcome.p99(503)), (Some(Duration::from_millis(99)), None));
    }

    #[test]
    fn arrivals_keep_their_rate_and_not_their_distance() {
        let at: Vec<f64> = Arrivals::at(1_000.0, 1).take(10_000).map(|at| at.as_secs_f64()).collect();
        assert!((9.7..10.3).contains(&at[9_999]), "{} s", at[9_999]);
        // Of a Poisson process, one gap of e is longer than the mean.
        let long = at.windows(2).filter(|pair| pair[1] - pair[0] > 0.001).count();
        assert!((3_500..3_860).contains(&long), "{long} long gaps");
        assert_eq!(Arrivals::at(1_000.0, 1).nth(7), Arrivals::at(1_000.0, 1).nth(7));
        assert_eq!(Arrivals::at(f64::INFINITY, 1).next(), None);
    }
}
