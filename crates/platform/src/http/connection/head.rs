//! The head of a request, before the server sees it: what is wrong with it, how its body is framed, whether its client
//! wants the connection to end. The server understands most heads as RFC 9112 has it; here stands what it would take for
//! something else, or answer without saying why.

use actix_web::http::Uri;
use actix_web::http::uri::Authority;
use httparse::{EMPTY_HEADER, Error, Request};

use crate::http::edge::LARGEST_BODY;
use crate::http::problem::{
    BAD_REQUEST, CONTENT_TOO_LARGE, FIELDS_TOO_LARGE, HTTP_VERSION_NOT_SUPPORTED, Kind, URI_TOO_LONG,
};
use crate::sabotage;

/// The longest head, in bytes: as much as Node and `HAProxy` take.
pub(super) const LONGEST: usize = 16 * 1024;

/// The longest target: RFC 9110 (4.1) asks for 8,000 bytes at least.
const LONGEST_TARGET: usize = 8 * 1024;

/// The longest name of a method that is looked for in front of the target.
const LONGEST_METHOD: usize = 64;

/// The server takes no more fields than this.
const FIELDS: usize = 96;

/// A request that no handler is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What its client is told.
    pub kind: Kind,
    /// And why.
    pub detail: &'static str,
}

const fn bad(detail: &'static str) -> Wrong {
    Wrong { kind: BAD_REQUEST, detail }
}

const TOO_LONG: Wrong = Wrong { kind: FIELDS_TOO_LARGE, detail: "The head may have 16 KiB and 96 fields at most." };
const TARGET: Wrong = Wrong { kind: URI_TOO_LONG, detail: "The target may have 8 KiB at most." };
const BODY: Wrong = Wrong { kind: CONTENT_TOO_LARGE, detail: "Content-Length is more than 64 KiB." };

const VERSION: Wrong = Wrong { kind: HTTP_VERSION_NOT_SUPPORTED, detail: "" };

/// Whether the first line ends in another major version of HTTP, such as `HTTP/2.0`.
fn names_a_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let version = line.rsplit(|byte| *byte == b' ').next().and_then(|word| word.strip_prefix(b"HTTP/"));
    matches!(version, Some([b'0' | b'2'..=b'9', b'.', minor]) if minor.is_ascii_digit())
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes, which may be none.
    Length(usize),
    /// It says so itself.
    Chunked,
}

/// What a head says, in words that the server understands alike.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) text: Vec<u8>,
    pub(super) framing: Framing,
    /// The connection is to end after its answer.
    pub(super) closes: bool,
    /// Its answer is known already, and nothing of its body is looked at.
    pub(super) wrong: Option<Wrong>,
}

/// Looks for the end of a head, a byte once only however slowly they come.
#[derive(Debug, Default)]
pub(super) struct End {
    looked: usize,
    line: usize,
    /// The request line is over.
    begun: bool,
}

impl End {
    /// How long the head is, if all of it is there.
    ///
    /// # Errors
    /// When it is too long, or has line ends that others may understand in another way.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Result<Option<usize>, Wrong> {
        for at in self.looked..bytes.len().min(LONGEST) {
            let after_return = at > 0 && bytes[at - 1] == b'\r';
            if (bytes[at] == b'\n') != after_return {
                return Err(bad("A line ends in something else than CRLF."));
            }
            if bytes[at] == b'\n' {
                if at == self.line + 1 {
                    return Ok(Some(at + 1));
                }
                (self.line, self.begun) = (at + 1, true);
            }
            if !self.begun && at > LONGEST_METHOD + LONGEST_TARGET {
                return Err(TARGET);
            }
        }
        self.looked = bytes.len();
        if bytes.len() >= LONGEST { Err(TOO_LONG) } else { Ok(None) }
    }
}

impl Head {
    /// Reads a whole head.
    ///
    /// # Errors
    /// When it is not one that can be understood in one way only.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Wrong> {
        let mut fields = [EMPTY_HEADER; FIELDS];
        let mut request = Request::new(&mut fields);
        match request.parse(bytes) {
            Ok(status) if status.is_complete() => {}
            Err(Error::TooManyHeaders) => return Err(TOO_LONG),
            Err(Error::Version) if names_a_version(bytes) => return Err(VERSION),
            Ok(_) | Err(_) => return Err(bad("The head is not that of HTTP/1.1.")),
        }
        let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
        let old = request.version == Some(0);
        if target.len() > LONGEST_TARGET {
            return Err(TARGET);
        }
        if method == "CONNECT" || Uri::try_from(target).is_err() {
            return Err(bad("The target is not the path of anything here."));
        }
        let mut said = Said::default();
        for field in request.headers.iter() {
            said.note(field.name, field.value)?;
        }
        let framing = said.framing(method, old)?;
        let wrong = framing.is_none().then_some(BODY);
        let closes = said.close || (old && !said.keep);
        let mut text = format!("{method} {target} HTTP/1.{}\r\n", u8::from(!old)).into_bytes();
        for field in request.headers.iter().filter(|field| is_handed_on(field.name, wrong.is_some())) {
            text.extend_from_slice(&[field.name.as_bytes(), b": ", field.value, b"\r\n"].concat());
        }
        text.extend_from_slice(if closes { b"connection: close\r\n\r\n" } else { b"connection: keep-alive\r\n\r\n" });
        Ok(Self { text, framing: framing.unwrap_or(Framing::Length(0)), closes, wrong })
    }

    /// Stands in for one that cannot be handed on. Nothing has this method or this path.
    pub(super) fn in_place_of(wrong: Wrong) -> Self {
        let text = b"- * HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n".to_vec();
        Self { text, framing: Framing::Length(0), closes: true, wrong: Some(wrong) }
    }
}

/// Whether the server sees a field. It need not know of upgrades, since none is offered here, and RFC 9110 (7.8) lets
/// whoever offers none ignore that it was asked for; nor of a body that it will not get.
fn is_handed_on(name: &str, alone: bool) -> bool {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let of_connection = is("connection") || (is("upgrade") && !sabotage::takes_out("upgrades ignored"));
    let of_body = is("content-length") || is("transfer-encoding") || is("expect");
    !(of_connection || alone && of_body)
}

/// What the fields of a head say of how it is to be understood.
#[derive(Debug, Default)]
struct Said {
    host: bool,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep: bool,
}

impl Said {
    fn note(&mut self, name: &str, value: &[u8]) -> Result<(), Wrong> {
        let text = String::from_utf8_lossy(value);
        let said = match name.to_ascii_lowercase().as_str() {
            "host" => std::mem::replace(&mut self.host, true),
            "content-length" => self.length.replace(length(&text)?).is_some(),
            "transfer-encoding" if text.eq_ignore_ascii_case("chunked") => std::mem::replace(&mut self.chunked, true),
            "transfer-encoding" => return Err(bad("Transfer-Encoding is something else than chunked.")),
            "connection" => {
                let says = |option: &str| text.split(',').any(|its| its.trim().eq_ignore_ascii_case(option));
                self.close |= says("close");
                self.keep |= says("keep-alive");
                false
            }
            _ => false,
        };
        if said {
            return Err(bad("Host, Content-Length and Transfer-Encoding may come once."));
        }
        if name.eq_ignore_ascii_case("host") && !is_host(&text) {
            return Err(bad("Host is not the name of a host."));
        }
        Ok(())
    }

    /// None if the body is larger than any may be.
    fn framing(&self, method: &str, old: bool) -> Result<Option<Framing>, Wrong> {
        if !self.host && !old {
            return Err(bad("Host is missing."));
        }
        if self.chunked && (old || self.length.is_some()) && !sabotage::takes_out("one framing") {
            return Err(bad("Transfer-Encoding comes with Content-Length, or in HTTP/1.0."));
        }
        if old && method == "POST" && self.length.is_none() {
            return Err(bad("Content-Length is missing."));
        }
        if self.chunked {
            return Ok(Some(Framing::Chunked));
        }
        let length = usize::try_from(self.length.unwrap_or(0)).unwrap_or(usize::MAX);
        let fits = length <= LARGEST_BODY || sabotage::takes_out("body bound");
        // Without its length the server would take it for no request of HTTP/1.0.
        if old && !fits { Err(BODY) } else { Ok(fits.then_some(Framing::Length(length))) }
    }
}

fn length(text: &str) -> Result<u64, Wrong> {
    let wrong = bad("Content-Length is not a number of bytes.");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong);
    }
    // More than can be counted is too much.
    Ok(text.parse().unwrap_or(u64::MAX))
}

/// Whether it is `host` or `host:port` (RFC 9110, 7.2).
fn is_host(text: &str) -> bool {
    let Ok(authority) = Authority::try_from(text) else { return false };
    let port = text.strip_prefix(authority.host()).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    !authority.host().is_empty() && port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
