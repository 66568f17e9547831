//! What one connection waits for, as steps that are given the time. Only the waker touches anything outside.

use std::cell::{Cell, RefCell};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crate::guard::deadline;
use crate::sabotage;

/// The server's own timers go by a clock that is set twice a second, and later where the worker is busy: they may be out
/// as much too early.
const COARSE: Duration = Duration::from_secs(1);

/// How much is read of what a client sends, while a request of its is under way that asks for nothing more of its body.
const AHEAD: usize = 16 * 1024;

/// The server holds no more of what it has read and not understood yet.
const BUFFER: usize = 128 * 1024;

/// What one connection waits for.
#[derive(Debug)]
pub(super) struct Waits {
    /// Since when its next head has been coming, and how much of it has come.
    head: Cell<Option<Instant>>,
    head_bytes: Cell<usize>,
    /// Since when an answer has not been taken, and how much is left of it.
    answer: Cell<Option<Instant>>,
    answer_bytes: Cell<usize>,
    /// What was last counted of these.
    counted: Cell<usize>,
    /// Since when nobody has asked anything.
    idle: Cell<Instant>,
    /// Until its first head is read.
    unasked: Cell<bool>,
    /// Whether anything has come since the last head was read.
    fresh: Cell<bool>,
    /// Bytes that were read since nothing was left to do, or a body was last asked for more.
    ahead: Cell<usize>,
    /// That was enough of them.
    held: Cell<bool>,
    /// Requests under way.
    asked: Cell<u32>,
    cut: Cell<bool>,
    /// Whether an answer has said that it is the last one.
    last: Cell<bool>,
    /// Whether it is to end as soon as nothing of a request has come.
    leaving: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Waits {
    pub(super) fn from(now: Instant) -> Self {
        Self {
            head: Cell::default(),
            head_bytes: Cell::default(),
            answer: Cell::default(),
            answer_bytes: Cell::default(),
            counted: Cell::default(),
            idle: Cell::new(now),
            unasked: Cell::new(true),
            fresh: Cell::default(),
            ahead: Cell::default(),
            held: Cell::default(),
            asked: Cell::default(),
            cut: Cell::default(),
            last: Cell::default(),
            leaving: Cell::default(),
            waker: RefCell::default(),
        }
    }

    pub(super) fn received(&self, bytes: usize, now: Instant) {
        self.fresh.set(true);
        self.ahead.set(self.ahead.get() + bytes);
        if self.asked.get() == 0 {
            self.head.set(self.head.get().or(Some(now)));
            self.head_bytes.set(BUFFER.min(self.head_bytes.get() + bytes));
        }
    }

    /// Whether the head had come with something before it, and so had waited for that.
    pub(super) fn head_read(&self) -> bool {
        self.head.set(None);
        self.head_bytes.set(0);
        self.unasked.set(false);
        self.asked.set(self.asked.get() + 1);
        !self.fresh.take()
    }

    pub(super) fn answered(&self, now: Instant) {
        self.asked.set(self.asked.get() - 1);
        self.idle.set(now);
    }

    pub(super) fn say_last(&self) {
        self.last.set(true);
    }

    pub(super) fn has_said_last(&self) -> bool {
        self.last.get()
    }

    /// So much of an answer could not be written: nobody takes it. The server lets go of its bytes when it has written all.
    pub(super) fn stuck(&self, bytes: usize, now: Instant) {
        self.answer.set(self.answer.get().or(Some(now)));
        self.answer_bytes.set(bytes.max(self.answer_bytes.get()));
    }

    /// All answers are with the system. The server flushes when it has written everything.
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
        self.is_done() && self.head.get().is_none()
    }

    /// Whether every request that was read has its answer, and nothing of that is unsent.
    pub(super) fn is_done(&self) -> bool {
        self.asked.get() == 0 && self.answer.get().is_none()
    }

    /// Whether to read on. What a client sends ahead otherwise waits in the system's buffers, and the client with it: the
    /// server would take in all it can hold, and then look again and again whether it can hold more.
    pub(super) fn may_read(&self) -> bool {
        if self.may_read_on() {
            self.ahead.set(0);
        }
        let may = self.ahead.get() < AHEAD || sabotage::takes_out("bound on reading ahead");
        self.held.set(!may);
        may
    }

    /// All that has come of a body is taken, and more is wanted.
    pub(super) fn wants_more(&self) {
        self.ahead.set(0);
        if self.held.take() {
            self.wake();
        }
    }

    /// Whether it was not read on, and there is nothing left to wait for.
    pub(super) fn may_read_on(&self) -> bool {
        self.held.get() && self.is_done()
    }

    /// Whether it ends now because the server's own timer is out, which is that of the first head.
    pub(super) fn outwaited(&self, now: Instant) -> bool {
        self.unasked.get() && !self.cut.get() && now.duration_since(self.idle.get()) >= deadline::HEAD - COARSE
    }

    /// What it has waited for too long, if for anything.
    pub(super) fn too_long(&self, now: Instant) -> Option<&'static str> {
        let past = |since: Option<Instant>, limit| since.is_some_and(|since| now.duration_since(since) >= limit);
        if past(self.head.get(), deadline::HEAD) && !sabotage::takes_out("slow head cut") {
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

    fn wake(&self) {
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

    /// Looks again when it is cut.
    pub(super) fn watch(&self, context: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
    }
}

#[cfg(test)]
mod tests;
