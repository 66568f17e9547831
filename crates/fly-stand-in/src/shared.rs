//! One Fly behind all callers, in tokio's time: what waits, waits here. A test that stops tokio's clock has it all in
//! virtual time.

use std::collections::BTreeMap;
use std::sync::Mutex;

use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::act::Request;
use crate::answer::{Answer, Later, Reply};
use crate::fly::Fly;

/// One Fly, and its clock.
pub struct Shared {
    fly: Mutex<Fly>,
    /// The machines that each app's edge was told of, where there is one: a moment after the proxies have heard.
    edges: Mutex<BTreeMap<String, Vec<String>>>,
    changed: Notify,
    began: (OffsetDateTime, Instant),
}

impl Shared {
    /// A Fly that was at this time when this was made.
    pub fn new(fly: Fly, began: OffsetDateTime) -> Self {
        Self { fly: Mutex::new(fly), edges: Mutex::default(), changed: Notify::new(), began: (began, Instant::now()) }
    }

    /// Its time.
    pub fn now(&self) -> OffsetDateTime {
        let (began, instant) = self.began;
        began + instant.elapsed()
    }

    /// Does something with Fly, now; whoever waits looks again. Nothing waits while it holds Fly.
    pub fn with<T>(&self, act: impl FnOnce(&mut Fly, OffsetDateTime) -> T) -> T {
        let done = {
            let mut fly = self.fly.lock().expect("a panic under the lock is a bug that should show");
            let now = fly.advance(self.now());
            act(&mut fly, now)
        };
        self.changed.notify_waiters();
        done
    }

    /// An app's edge sends requests to these from now on.
    pub(crate) fn edge_knows(&self, app: &str, machines: Vec<String>) {
        self.edges.lock().expect("nothing is done under it").insert(app.to_owned(), machines);
    }

    /// The machines that an app's requests go to now.
    pub(crate) fn routed(&self, app: &str) -> Vec<String> {
        let edge = self.edges.lock().expect("nothing is done under it").get(app).cloned();
        edge.unwrap_or_else(|| self.with(|fly, now| fly.routed(now, app)))
    }

    /// Carries one call; none is a cut connection. One that gets no answer waits until it is dropped.
    pub async fn carry(&self, request: &Request) -> Option<Answer> {
        match self.with(|fly, now| fly.call(now, request)) {
            Reply::Answered(answer) => Some(answer),
            Reply::Later(later) => Some(self.settled(&later).await),
            Reply::Hangs => std::future::pending().await,
            Reply::Cut => None,
        }
    }

    async fn settled(&self, later: &Later) -> Answer {
        loop {
            // Before the look, so that no change after it is missed.
            let changed = self.changed.notified();
            let (answer, next) = {
                let mut fly = self.fly.lock().expect("a panic under the lock is a bug that should show");
                let answer = fly.settle(self.now(), later);
                (answer, fly.next())
            };
            if let Some(answer) = answer {
                return answer;
            }
            let wake = [next, later.until()].into_iter().flatten().min();
            let wake = wake.map(|at| Instant::now() + (at - self.now()).max(time::Duration::ZERO).unsigned_abs());
            tokio::select! {
                () = changed => {}
                () = sleep_until(wake) => {}
            }
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
