//! Sessions: begun with the token of a mailed link, renewed with refresh tokens, ended by their person. A first sign-in
//! makes the person.

pub(crate) mod http;
mod problem;
mod refresh_token;
mod store;

use std::time::Duration;

use contracts::ids::{PersonId, SessionId};
use platform::postgres::Sweep;

pub(crate) use refresh_token::RefreshKeys;

/// Expired sessions are not kept.
pub(crate) const SWEEP: Sweep = Sweep { table: "sessions", since: "expires_at", keep: Duration::ZERO };

/// A session that has just begun or was renewed.
struct Current {
    person: PersonId,
    /// The newest refresh token.
    refresh: RefreshToken,
    /// How long that is good.
    lasts: Duration,
}

/// What a refresh token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    session: SessionId,
    generation: i64,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("the link's token is none")]
    NoLink,
    #[error("the link was used")]
    LinkUsed,
    #[error("the link has expired")]
    LinkExpired,
    #[error("the refresh token is none")]
    NoRefreshToken,
    #[error("the session has expired")]
    Expired,
    #[error("the session has ended")]
    Ended,
    #[error(transparent)]
    Mint(#[from] platform::identity::MintError),
    #[error("the session store failed")]
    Store(#[from] platform::postgres::Error),
}
