//! The requests of a connection, and what each of them tells it: when it begins and ends, that it wants more of its body,
//! and that its answer is the last one.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_http::error::PayloadError;
use actix_http::{Payload, Request};
use actix_web::web::Bytes;
use futures_util::Stream;

use super::Connections;
use super::waits::Waits;
use crate::sabotage;

/// The requests of one connection.
#[derive(Debug)]
pub struct Requests {
    waits: Rc<Waits>,
    all: Connections,
}

impl Requests {
    pub(super) fn over(waits: Rc<Waits>, all: Connections) -> Self {
        Self { waits, all }
    }

    /// A request's head was read; it is under way until the guard is dropped. Its body is read on whenever whoever takes
    /// it has taken all that has come.
    #[must_use]
    pub fn begin(&self, request: &mut Request) -> UnderWay {
        let pipelined = self.waits.head_read();
        self.all.count(&self.waits);
        if !matches!(request.payload(), Payload::None) {
            let body = Body { payload: request.take_payload(), waits: self.waits.clone(), looked: false };
            *request.payload() = Payload::Stream { payload: Box::pin(body) };
        }
        UnderWay { waits: self.waits.clone(), pipelined }
    }
}

/// A body that lets its connection read on.
struct Body {
    payload: Payload,
    waits: Rc<Waits>,
    /// Nothing had come at the last look.
    looked: bool,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let next = Pin::new(&mut this.payload).poll_next(context);
        if next.is_pending() {
            if this.looked {
                this.waits.wants_more();
            } else {
                // What has been read together with the head is understood by the next look.
                context.waker().wake_by_ref();
            }
        }
        this.looked = next.is_pending();
        next
    }
}

/// A request that has not been answered.
#[derive(Debug)]
pub struct UnderWay {
    waits: Rc<Waits>,
    pipelined: bool,
}

impl UnderWay {
    /// Whether an answer has said already that it is the last one over this connection: whoever asked is told by that to
    /// ask again elsewhere, and must not have it done twice (RFC 9112, 9.6).
    #[must_use]
    pub fn is_behind_the_last(&self) -> bool {
        self.waits.has_said_last() && !sabotage::takes_out("nothing behind a close")
    }

    /// Its answer says that it is the last one.
    pub fn last(&self) {
        self.waits.say_last();
    }

    /// Lets every other connection go first, if the request came together with the one before it. The server would go on
    /// with all that has come over one connection, and so many requests that are answered at once take seconds.
    pub async fn turn(&self) {
        if self.pipelined && !sabotage::takes_out("turns of the pipelined") {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.waits.answered(Instant::now());
    }
}
