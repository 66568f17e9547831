use std::time::Duration;

use contracts::ids::{PersonId, SessionId, SignInId};
use platform::clock::Clock;
use platform::http::edge::Caller;
use platform::postgres::{Error, Pool, Row, Statement};
use platform::sabotage;
use uuid::Uuid;

use super::{Current, RefreshToken, SessionError};

const BEGIN: Statement =
    Statement::new("use sign-in, find or make its person and begin a session", include_str!("begin.sql"));

const REFRESH: Statement = Statement::new("renew session", include_str!("refresh.sql"));

const END: Statement = Statement::new(
    "end session",
    "UPDATE sessions SET ended_at = clock_timestamp() WHERE id = $1 AND person_id = $2 AND ended_at IS NULL",
);

/// Uses up a sign-in.
pub(super) async fn begin(pool: &Pool, sign_in: SignInId, clock: &Clock) -> Result<Current, SessionError> {
    let session = SessionId(clock.id());
    let row = pool.write(&BEGIN, &[&sign_in.0, &clock.id(), &session.0]).await?.ok_or(Error::Shape(BEGIN.summary))?;
    if row.get::<_, Option<Uuid>>("person_id").is_some() {
        return Ok(current(&row, RefreshToken { session, generation: 0 }));
    }
    // What is not there any more was swept, a day after it was made.
    Err(if row.get("was_used") { SessionError::LinkUsed } else { SessionError::LinkExpired })
}

/// Puts the next refresh token in the place of this one.
pub(super) async fn refresh(pool: &Pool, token: RefreshToken) -> Result<Current, SessionError> {
    let RefreshToken { session, generation } = token;
    let row = pool.write(&REFRESH, &[&session.0, &generation]).await?;
    // What is not there any more was swept when it had expired, or went with its person.
    let row = row.ok_or(SessionError::Expired)?;
    if row.get("has_ended") && !sabotage::takes_out("session end") {
        return Err(SessionError::Ended);
    }
    Ok(current(&row, RefreshToken { session, generation: generation + 1 }))
}

/// Ends a session of this person, unless it has ended.
pub(super) async fn end(pool: &Pool, session: Uuid, who: Caller) -> Result<(), SessionError> {
    pool.write(&END, &[&session, &who.0]).await?;
    Ok(())
}

fn current(row: &Row, refresh: RefreshToken) -> Current {
    let lasts = Duration::from_secs(u64::try_from(row.get::<_, i64>("lasts")).unwrap_or_default());
    Current { person: PersonId(row.get("person_id")), refresh, lasts }
}
