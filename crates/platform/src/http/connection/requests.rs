//! The request of a connection that is at hand, and what whoever serves it and its connection tell each other of it.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_http::{Payload, Request};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use futures_util::Stream;

use super::head::{Head, Wrong};
use super::waits::Waits;
use crate::http::problem::CONTENT_TOO_LARGE;
use crate::sabotage;

/// How much of a body the server is handed while nobody takes it.
const AHEAD: usize = 8 * 1024;

/// How much of an answer the server is handed at a time: together with a head no more than it has room for from the
/// beginning, since it keeps what it has once needed for as long as the connection lives.
pub const PIECE: usize = 4 * 1024;

/// How often what has come of a body is looked for, before an answer is given that did not want it.
const LOOKS: usize = 3;

/// What a connection and whoever serves its request tell each other.
#[derive(Debug, Default)]
pub(super) struct AtHand {
    /// What is wrong with it.
    wrong: Cell<Option<Wrong>>,
    /// Its end has come.
    whole: Cell<bool>,
    /// Its body was read to the end.
    taken: Cell<bool>,
    /// The connection ends after its answer.
    last: Cell<bool>,
    /// All of its answer is with the server.
    answered: Cell<bool>,
    /// How much more of its body the server may be handed.
    room: Cell<usize>,
    /// More was to be handed.
    held: Cell<bool>,
    /// How much of its answer the server was not handed.
    unwritten: Cell<usize>,
}

impl AtHand {
    pub(super) fn begin(&self, head: &Head) {
        self.wrong.set(head.wrong);
        self.whole.set(false);
        self.taken.set(false);
        self.last.set(head.closes);
        self.answered.set(false);
        self.room.set(AHEAD);
        self.unwritten.set(0);
    }

    pub(super) fn spoil(&self, wrong: Wrong) {
        self.wrong.set(Some(wrong));
    }

    pub(super) fn complete(&self) {
        self.whole.set(true);
    }

    pub(super) fn is_last(&self) -> bool {
        self.last.get()
    }

    pub(super) fn answer(&self) {
        self.answered.set(true);
        self.unwritten.set(0);
    }

    pub(super) fn is_answered(&self) -> bool {
        self.answered.get()
    }

    pub(super) fn unwritten(&self) -> usize {
        self.unwritten.get()
    }

    /// How much of its body may be handed on.
    pub(super) fn room(&self) -> usize {
        let room = if sabotage::takes_out("bound on reading ahead") { usize::MAX } else { self.room.get() };
        self.held.set(room == 0);
        room
    }

    pub(super) fn handed_on(&self, bytes: usize) {
        self.room.set(self.room.get().saturating_sub(bytes));
    }
}

/// The requests of one connection.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    pub(super) waits: Rc<Waits>,
    pub(super) at_hand: Rc<AtHand>,
}

impl Requests {
    /// A request has come; it is at hand until its answer is with the server, or dropped. Its body is read on whenever
    /// whoever takes it has taken all that has come.
    #[must_use]
    pub fn begin(&self, request: &mut Request) -> UnderWay {
        if matches!(request.payload(), Payload::None) {
            self.at_hand.taken.set(true);
        } else {
            let body = Body { payload: request.take_payload(), requests: self.clone(), looked: false };
            *request.payload() = Payload::Stream { payload: Box::pin(body) };
        }
        UnderWay(self.clone())
    }

    pub(super) fn wants(&self, bytes: usize) {
        self.at_hand.room.set(bytes);
        if self.at_hand.held.take() {
            self.waits.wake();
        }
    }
}

/// A body that lets its connection read on.
struct Body {
    payload: Payload,
    requests: Requests,
    /// Nothing had come at the last look.
    looked: bool,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(wrong) = this.requests.at_hand.wrong.get() {
            let large = wrong.kind == CONTENT_TOO_LARGE;
            let error = if large { PayloadError::Overflow } else { PayloadError::EncodingCorrupted };
            return Poll::Ready(Some(Err(error)));
        }
        let next = Pin::new(&mut this.payload).poll_next(context);
        match next {
            Poll::Ready(None) => this.requests.at_hand.taken.set(true),
            Poll::Ready(Some(_)) => {}
            Poll::Pending if this.looked => this.requests.wants(AHEAD),
            // What has been read together with the head is understood by the next look.
            Poll::Pending => context.waker().wake_by_ref(),
        }
        this.looked = next.is_pending();
        next
    }
}

/// A request that has not been answered.
#[derive(Debug)]
pub struct UnderWay(Requests);

impl UnderWay {
    /// Why no handler is to be asked, if that is known before.
    #[must_use]
    pub fn wrong(&self) -> Option<Wrong> {
        self.0.at_hand.wrong.get()
    }

    /// Whether the connection ends after its answer. Where nobody took its body, what has come of that is read away
    /// before: if that is all, the connection can be kept.
    pub async fn is_last(&self) -> bool {
        let at_hand = &self.0.at_hand;
        for _ in 0..LOOKS {
            if at_hand.taken.get() || at_hand.wrong.get().is_some() {
                break;
            }
            self.0.wants(usize::MAX);
            tokio::task::yield_now().await;
            if at_hand.whole.get() {
                break;
            }
        }
        at_hand.last.get() || !at_hand.whole.get()
    }

    /// Ends the connection after its answer.
    pub fn end(&self) {
        self.0.at_hand.last.set(true);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.at_hand.answer();
    }
}

/// The body of an answer, which the server is handed in pieces. With its last one the request is answered.
#[derive(Debug)]
pub struct Pieces {
    body: BoxBody,
    rest: Bytes,
    under_way: UnderWay,
}

impl Pieces {
    /// Parts the answer to a request.
    #[must_use]
    pub fn of(body: BoxBody, under_way: UnderWay) -> Self {
        Self { body, rest: Bytes::new(), under_way }
    }
}

impl MessageBody for Pieces {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_next(context)) {
                Some(Ok(bytes)) => this.rest = bytes,
                end => return Poll::Ready(end),
            }
        }
        let most = if sabotage::takes_out("answers in pieces") { usize::MAX } else { PIECE };
        let piece = this.rest.split_to(this.rest.len().min(most));
        this.under_way.0.at_hand.unwritten.set(this.rest.len());
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Guards: answers in pieces.
    #[actix_web::test]
    async fn an_answer_is_handed_on_in_pieces_and_is_over_with_the_last_one() {
        let requests = Requests::default();
        let whole = BoxBody::new(Bytes::from(vec![b'x'; 2 * PIECE + 7]));
        let mut pieces = Pieces::of(whole, requests.begin(&mut Request::new()));
        assert_eq!(pieces.size(), BodySize::Sized(2 * PIECE as u64 + 7));
        let mut handed = Vec::new();
        while let Some(piece) = poll_fn(|context| Pin::new(&mut pieces).poll_next(context)).await {
            handed.push((piece.expect("a piece").len(), requests.at_hand.unwritten()));
        }
        assert_eq!(handed, [(PIECE, PIECE + 7), (PIECE, 7), (7, 0)]);
        assert!(!requests.at_hand.is_answered(), "the server may still want to know that there is no more");
        drop(pieces);
        assert!(requests.at_hand.is_answered());
    }
}
