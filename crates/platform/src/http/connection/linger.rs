//! The end of a connection. Closed while its client still sends, it would be reset, and the client might lose the answer:
//! so what comes is read away for a while. No longer than politeness needs, since it serves nobody else.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::time::Sleep;

use crate::sabotage;

/// How long what a client still sends is read away.
const LONGEST: Duration = Duration::from_secs(1);

/// And how much of it.
const MOST: usize = 4 * 1024 * 1024;

/// How much of it at a time.
const PIECE: usize = 16 * 1024;

/// The wait for a client that still sends.
#[derive(Debug)]
pub(super) struct Linger {
    sleep: Pin<Box<Sleep>>,
    left: usize,
    /// More is known to be on its way.
    expects_more: bool,
}

impl Linger {
    pub(super) fn begin(expects_more: bool) -> Self {
        Self { sleep: Box::pin(tokio::time::sleep(LONGEST)), left: MOST, expects_more }
    }

    /// Reads away what comes, and is ready when that is over.
    pub(super) fn poll(&mut self, stream: &mut TcpStream, context: &mut Context<'_>) -> Poll<()> {
        if sabotage::takes_out("linger") || self.sleep.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut piece = [0; PIECE];
        while self.left > 0 {
            let mut buffer = ReadBuf::new(&mut piece);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Pending if self.expects_more => return Poll::Pending,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.expects_more = true;
                    self.left = self.left.saturating_sub(buffer.filled().len());
                }
                // It has read all of it, or has ended the connection itself.
                Poll::Pending | Poll::Ready(_) => break,
            }
        }
        Poll::Ready(())
    }
}
