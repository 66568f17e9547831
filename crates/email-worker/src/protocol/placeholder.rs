//! Sign-in tokens in frozen bytes.
//!
//! A frozen request is stored, so it must hold no link that works. Where the token goes stands a placeholder, filled in
//! just before the wire; the token follows from the sign-in's id alone, so the bytes on the wire are equal at each try.
//!
//! No text that a person wrote can pass for a placeholder: it carries the batch's id, which is drawn at the claim, after
//! all such text was written (a name changed between claim and render is read from a database that has not shown the id
//! to anybody). It is made of characters that neither JSON, HTML nor a URL escapes.

use std::fmt;

use uuid::Uuid;

use super::BatchId;

/// The id of a sign-in that a mail carries the link of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignIn(Uuid);

impl SignIn {
    /// From the payload of the outbox row.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// For looking it up.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// A sign-in token, as it stands in a link. Never printed.
pub struct Token(String);

impl Token {
    /// Takes letters and digits, which mean the same in JSON, HTML and a URL: none of them is cut off from a link's end.
    ///
    /// # Errors
    /// [`BadToken`] for anything else.
    pub fn parse(token: String) -> Result<Self, BadToken> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(BadToken);
        }
        Ok(Self(token))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A token of anything but letters and digits; what it was is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sign-in token must be letters and digits")]
pub struct BadToken;

/// Why bytes could not be filled; the batch is then given back unmarked, with the usual wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// The key that the token is derived under is not among the settings (any more).
    #[error("no key for the token of sign-in {}", .0.uuid())]
    MissingKey(SignIn),
    /// A placeholder of this batch is cut or changed: a template escapes what it should not.
    #[error("a placeholder for a sign-in token is damaged")]
    Damaged,
}

/// What a template writes where the token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placeholder {
    /// The batch it is rendered for.
    pub batch: BatchId,
    /// The sign-in whose token goes here.
    pub sign_in: SignIn,
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", opening(self.batch), self.sign_in.uuid().simple())
    }
}

fn opening(batch: BatchId) -> String {
    format!("sign-in-token.{}.", batch.uuid().simple())
}

/// The length of a UUID in its simple form.
const ID: usize = 32;

/// Fills every placeholder of this batch; other bytes, also placeholders of other batches, stay as they are.
///
/// # Errors
/// [`Unfilled`], by the first placeholder that cannot be filled.
pub fn fill(frozen: &[u8], batch: BatchId, token: impl Fn(SignIn) -> Option<Token>) -> Result<Vec<u8>, Unfilled> {
    let opening = opening(batch);
    let mut filled = Vec::with_capacity(frozen.len());
    let mut rest = frozen;
    while let Some(at) = find(rest, opening.as_bytes()) {
        let (before, found) = rest.split_at(at);
        let (id, after) = found[opening.len()..].split_at_checked(ID).ok_or(Unfilled::Damaged)?;
        let sign_in = Uuid::try_parse_ascii(id).map(SignIn).map_err(|_| Unfilled::Damaged)?;
        let token = token(sign_in).ok_or(Unfilled::MissingKey(sign_in))?;
        filled.extend_from_slice(before);
        filled.extend_from_slice(token.0.as_bytes());
        rest = after;
    }
    filled.extend_from_slice(rest);
    Ok(filled)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests;
