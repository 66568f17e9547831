//! What has come over a connection, of which the server is handed one request and no byte more: the server answers by
//! the last head that it has read, so it must not read another one before it has answered.

use actix_web::web::BytesMut;
use tokio::io::ReadBuf;

use super::chunks::Chunks;
use super::head::{End, Framing, Head, Wrong};

/// How much is taken in of what stands behind a request, to see whether its client is still there.
const BEHIND: usize = 4 * 1024;

/// What comes next.
#[derive(Debug)]
enum Stage {
    /// A head.
    Head(End),
    /// So many bytes of a body.
    Length(usize),
    /// The rest of a body in chunks.
    Chunked(Chunks),
    /// Nothing of this request.
    Whole,
    /// What cannot be understood, or is not looked at.
    Unread,
}

/// What has come and was not handed on.
#[derive(Debug)]
pub(super) struct Inbox {
    come: BytesMut,
    /// So many of these bytes the server may have.
    ready: usize,
    stage: Stage,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { come: BytesMut::new(), ready: 0, stage: Stage::Head(End::default()) }
    }
}

impl Inbox {
    /// These have come.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.come.extend_from_slice(bytes);
        // Empty lines before a request mean nothing (RFC 9112, 2.2).
        while matches!(self.stage, Stage::Head(_)) && self.come.starts_with(b"\r\n") {
            self.drop_line();
        }
    }

    fn drop_line(&mut self) {
        drop(self.come.split_to(2));
        self.stage = Stage::Head(End::default());
    }

    /// How much has come that the server was not handed.
    pub(super) fn len(&self) -> usize {
        self.come.len()
    }

    /// How much memory it holds.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.come.capacity()
    }

    /// Hands on what may be; false where there is nothing.
    pub(super) fn hand_on(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let bytes = self.come.split_to(self.ready.min(buffer.remaining()));
        buffer.put_slice(&bytes);
        self.ready -= bytes.len();
        if self.come.is_empty() {
            // An idle connection holds no memory for what is to come.
            self.come = BytesMut::new();
        }
        !bytes.is_empty()
    }

    /// The next head, if all of it has come: it may be handed on.
    ///
    /// # Errors
    /// When it cannot be understood.
    pub(super) fn head(&mut self) -> Result<Option<Head>, Wrong> {
        let Stage::Head(end) = &mut self.stage else { return Ok(None) };
        let Some(length) = end.find(&self.come)? else { return Ok(None) };
        let head = Head::read(&self.come[..length])?;
        drop(self.come.split_to(length));
        Ok(Some(head))
    }

    /// Lets this head be handed on, and what belongs to it.
    pub(super) fn begin(&mut self, head: &Head) {
        self.stage = match head.framing {
            _ if head.wrong.is_some() => Stage::Unread,
            Framing::Length(0) => Stage::Whole,
            Framing::Length(length) => Stage::Length(length),
            Framing::Chunked => Stage::Chunked(Chunks::default()),
        };
        self.ready = head.text.len();
        let rest = std::mem::replace(&mut self.come, BytesMut::from(&*head.text));
        self.come.extend_from_slice(&rest);
    }

    /// Lets more of a body be handed on, so many bytes at most; how many these are.
    ///
    /// # Errors
    /// When it is larger than it may be, or not well-formed.
    pub(super) fn body(&mut self, most: usize) -> Result<usize, Wrong> {
        let come = &self.come[self.ready..];
        let come = &come[..come.len().min(most)];
        let taken = match &mut self.stage {
            Stage::Length(left) => {
                let bytes = come.len().min(*left);
                *left -= bytes;
                Ok((bytes, *left == 0))
            }
            Stage::Chunked(chunks) => chunks.take(come),
            Stage::Head(_) | Stage::Whole | Stage::Unread => Ok((0, false)),
        };
        let (bytes, ends) = taken.inspect_err(|_| self.stage = Stage::Unread)?;
        self.ready += bytes;
        if ends {
            self.stage = Stage::Whole;
        }
        Ok(bytes)
    }

    /// Whether a body is on its way that is to be read.
    pub(super) fn expects_body(&self) -> bool {
        matches!(self.stage, Stage::Length(_) | Stage::Chunked(_))
    }

    /// Whether the end of the request has come.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.stage, Stage::Whole)
    }

    /// Whether there is something of it, or on its way, that nobody will look at if the connection ends now.
    pub(super) fn is_unread(&self) -> bool {
        !self.come.is_empty() || self.expects_body() || matches!(self.stage, Stage::Unread)
    }

    /// Whether to take in more, unless that would be of a body.
    pub(super) fn has_room(&self) -> bool {
        match self.stage {
            Stage::Head(_) => true,
            Stage::Whole => self.come.len() < BEHIND,
            Stage::Length(_) | Stage::Chunked(_) | Stage::Unread => false,
        }
    }

    /// Goes on to the next request.
    pub(super) fn next(&mut self) {
        self.stage = Stage::Head(End::default());
        self.put(&[]);
    }
}

#[cfg(test)]
mod tests;
