use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// In how many pieces a slow body goes out.
const PIECES: usize = 5;

/// A body that takes its time: in pieces, with a pause before each. Its length is told beforehand.
#[derive(Debug)]
pub(super) struct Slowly {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Slowly {
    /// The whole of it takes this time; at once, if that is none.
    pub(super) fn new(text: &str, time: Duration) -> Self {
        let size = if time.is_zero() { text.len() } else { text.len().div_ceil(PIECES) };
        let pieces: VecDeque<_> = text.as_bytes().chunks(size.max(1)).map(Bytes::copy_from_slice).collect();
        let pause = time / u32::try_from(pieces.len().max(1)).unwrap_or(1);
        Self { pieces, pause, waiting: None }
    }
}

impl Body for Slowly {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.pieces.is_empty() {
            return Poll::Ready(None);
        }
        if !this.pause.is_zero() {
            let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep(this.pause)));
            ready!(waiting.as_mut().poll(cx));
            this.waiting = None;
        }
        Poll::Ready(this.pieces.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.pieces.iter().map(|piece| piece.len() as u64).sum())
    }
}
