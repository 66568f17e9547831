//! What one connection waits for, as steps that are given the time. Only the waker touches anything outside.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crate::guard::deadline;
use crate::sabotage;

/// What one connection waits for.
#[derive(Debug)]
pub(super) struct Waits {
    /// Whose it is.
    peer: Option<IpAddr>,
    /// Since when its next head has been coming, and how much of it has come.
    head: Cell<Option<Instant>>,
    head_bytes: Cell<usize>,
    /// It has been coming for too long.
    overdue: Cell<bool>,
    /// Since when an answer has not been taken, and how much is left of it.
    answer: Cell<Option<Instant>>,
    answer_bytes: Cell<usize>,
    /// What was last counted of these.
    counted: Cell<usize>,
    /// Since when nobody has asked anything.
    idle: Cell<Instant>,
    /// Until its first head has come.
    unasked: Cell<bool>,
    /// From when a request's head has come until its answer is with the system.
    at_work: Cell<bool>,
    cut: Cell<bool>,
    /// Whether it is to end as soon as nothing of a request has come.
    leaving: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Default for Waits {
    fn default() -> Self {
        Self::from(Instant::now(), None)
    }
}

impl Waits {
    pub(super) fn from(now: Instant, peer: Option<IpAddr>) -> Self {
        Self {
            peer,
            head: Cell::default(),
            head_bytes: Cell::default(),
            overdue: Cell::default(),
            answer: Cell::default(),
            answer_bytes: Cell::default(),
            counted: Cell::default(),
            idle: Cell::new(now),
            unasked: Cell::new(true),
            at_work: Cell::default(),
            cut: Cell::default(),
            leaving: Cell::default(),
            waker: RefCell::default(),
        }
    }

    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// So many bytes have come of its next head.
    pub(super) fn head_comes(&self, bytes: usize, now: Instant) {
        self.head.set(self.head.get().or(Some(now)).filter(|_| bytes > 0));
        self.head_bytes.set(bytes);
    }

    pub(super) fn head_came(&self) {
        self.head.set(None);
        self.head_bytes.set(0);
        self.overdue.set(false);
        self.unasked.set(false);
        self.at_work.set(true);
    }

    /// Its answer is with the system, and so many bytes have come of its next head.
    pub(super) fn answered(&self, bytes: usize, now: Instant) {
        self.at_work.set(false);
        self.idle.set(now);
        self.head_comes(bytes, now);
    }

    pub(super) fn is_at_work(&self) -> bool {
        self.at_work.get()
    }

    /// So much of an answer could not be written: nobody takes it. The server lets go of its bytes when it has written all.
    pub(super) fn stuck(&self, bytes: usize, now: Instant) {
        self.answer.set(self.answer.get().or(Some(now)));
        self.answer_bytes.set(bytes);
    }

    /// All that there is of an answer is with the system.
    pub(super) fn flushed(&self) {
        self.answer.set(None);
        self.answer_bytes.set(0);
    }

    /// It has ended: nothing is held any more.
    pub(super) fn let_go(&self) {
        self.flushed();
        self.head.set(None);
        self.head_bytes.set(0);
    }

    /// Since when its client has been slow, and at what.
    pub(super) fn slow_since(&self) -> Option<(Instant, &'static str)> {
        let slow = [self.head.get().zip(Some("head")), self.answer.get().zip(Some("answer"))];
        slow.into_iter().flatten().min()
    }

    /// Bytes that are held for its client: how many they were when they were last counted, and are now.
    pub(super) fn count(&self) -> (usize, usize) {
        let held = self.head_bytes.get() + self.answer_bytes.get();
        (self.counted.replace(held), held)
    }

    pub(super) fn is_idle(&self) -> bool {
        !self.at_work.get() && self.head.get().is_none()
    }

    /// Its head is overdue from now on; false where that was known.
    pub(super) fn tell_overdue(&self) -> bool {
        let news = !self.overdue.replace(true);
        self.wake();
        news
    }

    pub(super) fn is_overdue(&self) -> bool {
        self.overdue.get()
    }

    /// What it has waited for too long, if for anything. Whoever has never said a word is as slow as one who stops in the
    /// middle of it.
    pub(super) fn too_long(&self, now: Instant) -> Option<&'static str> {
        let past = |since: Option<Instant>, limit| since.is_some_and(|since| now.duration_since(since) >= limit);
        let silent = Some(self.idle.get()).filter(|_| self.unasked.get());
        if past(self.head.get().or(silent), deadline::HEAD) && !sabotage::takes_out("slow head cut") {
            return Some("head");
        }
        (past(self.answer.get(), deadline::ANSWER) && !sabotage::takes_out("slow reader cut")).then_some("answer")
    }

    /// Since when nobody has asked anything.
    pub(super) fn idle_since(&self) -> Instant {
        self.idle.get()
    }

    /// Whether nobody has asked anything for so long.
    pub(super) fn idle_for(&self, now: Instant, time: Duration) -> bool {
        self.is_idle() && now.duration_since(self.idle.get()) >= time
    }

    /// Ends it at its next look, which is now.
    pub(super) fn cut(&self) {
        self.let_go();
        self.cut.set(true);
        self.wake();
    }

    /// Ends it at its next look, which is now, unless a request has come by then.
    pub(super) fn leave(&self) {
        self.leaving.set(true);
        self.wake();
    }

    /// Lets it look again.
    pub(super) fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether it is to end now, if nothing has come.
    pub(super) fn has_left(&self) -> bool {
        self.leaving.get() && self.is_idle()
    }

    /// Whether it was cut.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.get()
    }

    /// Looks again when it is woken.
    pub(super) fn watch(&self, context: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
    }
}

#[cfg(test)]
mod tests;
