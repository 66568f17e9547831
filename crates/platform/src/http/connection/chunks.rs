//! The framing of a body that comes in chunks (RFC 9112, 7.1). What this takes the server takes, too, and finds the same
//! end of it; beyond that each byte counts, also those that carry nothing.

use super::head::Wrong;
use crate::http::edge::LARGEST_BODY;
use crate::http::problem::{BAD_REQUEST, CONTENT_TOO_LARGE};
use crate::sabotage;

/// How long a body may be with its framing, in bytes: as much again for its chunks, of which one of eight bytes costs five.
const LARGEST: usize = 2 * LARGEST_BODY;

const MALFORMED: Wrong = Wrong { kind: BAD_REQUEST, detail: "The chunks of the body are not well-formed." };
const TOO_LARGE: Wrong = Wrong {
    kind: CONTENT_TOO_LARGE,
    detail: "The chunks carry more than 64 KiB, or have more than 128 KiB with all that is around them.",
};

/// What the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Of a chunk's size, of which it may be the first.
    Size {
        first: bool,
    },
    /// A space behind a size.
    Space,
    /// Of an extension, which nobody asks for.
    Extension,
    /// The end of the line with a size.
    SizeEnd,
    /// Of what a chunk carries.
    Data,
    /// The two that end a chunk.
    DataReturn,
    DataEnd,
    /// The first of a trailer, or of the end.
    Trailer,
    /// Another one of a trailer.
    TrailerRest,
    TrailerEnd,
    End,
}

/// How far a body has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunks {
    next: Next,
    /// Bytes that are left of a chunk.
    size: usize,
    /// Bytes that chunks carried, and all bytes.
    carried: usize,
    all: usize,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { next: Next::Size { first: true }, size: 0, carried: 0, all: 0 }
    }
}

impl Chunks {
    /// How many of these bytes are the body's, and whether it ends with them.
    ///
    /// # Errors
    /// When they are not well-formed, or too many.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, bool), Wrong> {
        let mut at = 0;
        while at < bytes.len() {
            let many = if self.next == Next::Data { self.size.min(bytes.len() - at) } else { 1 };
            self.all += many;
            if self.all > LARGEST && !sabotage::takes_out("framing bound") {
                return Err(TOO_LARGE);
            }
            let ends = self.next == Next::End;
            self.step(bytes[at], many)?;
            at += many;
            if ends {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    fn step(&mut self, byte: u8, many: usize) -> Result<(), Wrong> {
        self.next = match (self.next, byte) {
            (Next::Size { .. }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte)?,
            (Next::Size { first: false } | Next::Space, b' ' | b'\t') => Next::Space,
            (Next::Size { first: false } | Next::Space, b';') => Next::Extension,
            (Next::Size { first: false } | Next::Space | Next::Extension, b'\r') => Next::SizeEnd,
            (Next::Extension, b'\t' | b' '..=b'~' | 0x80..) => Next::Extension,
            (Next::SizeEnd, b'\n') if self.size == 0 => Next::Trailer,
            (Next::SizeEnd, b'\n') => {
                self.carried += self.size;
                Next::Data
            }
            (Next::Data, _) => {
                self.size -= many;
                if self.size == 0 { Next::DataReturn } else { Next::Data }
            }
            (Next::DataReturn, b'\r') => Next::DataEnd,
            (Next::DataEnd, b'\n') => Next::Size { first: true },
            (Next::Trailer, b'\r') => Next::End,
            (Next::TrailerRest, b'\r') => Next::TrailerEnd,
            (Next::Trailer | Next::TrailerRest, b'\t' | b' '..=b'~' | 0x80..) => Next::TrailerRest,
            (Next::TrailerEnd, b'\n') => Next::Trailer,
            (Next::End, b'\n') => Next::End,
            _ => return Err(MALFORMED),
        };
        Ok(())
    }

    fn digit(&mut self, byte: u8) -> Result<Next, Wrong> {
        // It is one.
        let digit = char::from(byte).to_digit(16).unwrap_or_default() as usize;
        self.size = self.size.checked_mul(16).ok_or(TOO_LARGE)? + digit;
        if self.carried + self.size > LARGEST_BODY && !sabotage::takes_out("framing bound") {
            return Err(TOO_LARGE);
        }
        Ok(Next::Size { first: false })
    }
}

#[cfg(test)]
mod tests;
