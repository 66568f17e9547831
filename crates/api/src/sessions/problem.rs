use contracts::problems::{
    BAD_REFRESH_TOKEN, BAD_SIGN_IN_TOKEN, EXPIRED_REFRESH_TOKEN, EXPIRED_SIGN_IN_TOKEN, SESSION_ENDED,
    USED_SIGN_IN_TOKEN,
};
use platform::http::problem::Problem;

use super::SessionError;

/// Used, expired and unknown are told apart. That helps nobody to guess a token: only whoever holds one that we made gets
/// further than "not one of ours".
impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NoLink => BAD_SIGN_IN_TOKEN.into(),
            SessionError::LinkUsed => USED_SIGN_IN_TOKEN.into(),
            SessionError::LinkExpired => EXPIRED_SIGN_IN_TOKEN.into(),
            SessionError::NoRefreshToken => BAD_REFRESH_TOKEN.into(),
            SessionError::Expired => EXPIRED_REFRESH_TOKEN.into(),
            SessionError::Ended => SESSION_ENDED.into(),
            SessionError::Mint(_) => Self::internal(&error),
            SessionError::Store(error) => error.into(),
        }
    }
}
