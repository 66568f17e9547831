use std::time::Duration;

use super::{KeptAnswer, Keyed};
use crate::http::problem::{IDEMPOTENCY_KEY_REUSED, Problem, REQUEST_IN_PROGRESS};
use crate::postgres::lease::Params;
use crate::postgres::{Error, Pool, Row, Statement};
use crate::sabotage;

/// Claims the work under a key until the transaction ends: `$1` is [`Keyed::lock`]; whether it was free. Later
/// statements of the same flush, which cannot wait for the answer, find it in the setting `platform.claimed`.
pub const CLAIM: Statement = Statement::new(
    "claim idempotency key",
    "SELECT set_config('platform.claimed', pg_try_advisory_xact_lock($1)::text, true) = 'true'",
);

/// Looks for what was answered under a key: person, route and key. A statement of its own after [`CLAIM`]: what a
/// statement sees is fixed when it begins, and one that claimed and looked would miss what the last holder of the lock
/// has just committed. A row counts as long as it stands.
pub const LOOKUP: Statement = Statement::new(
    "select answer under idempotency key",
    "SELECT fingerprint, status, body, location, resource_id FROM idempotency_keys
     WHERE person_id = $1 AND route = $2 AND key_hash = $3",
);

const KEEP: Statement = Statement::new(
    "insert answer under idempotency key",
    "INSERT INTO idempotency_keys (person_id, route, key_hash, fingerprint, status, body, location, resource_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);

/// Why a request with a key was not worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// Another one with the same key is at work.
    #[error("a request with the same key is at work")]
    InProgress,
    /// The key belongs to another request.
    #[error("the key was used for another request")]
    Reused,
}

impl From<KeyRefused> for Problem {
    fn from(refused: KeyRefused) -> Self {
        match refused {
            // A transaction has 3 s at most, and most take some milliseconds.
            KeyRefused::InProgress => Self::from(REQUEST_IN_PROGRESS).retry_after(Duration::from_secs(1)),
            KeyRefused::Reused => IDEMPOTENCY_KEY_REUSED.into(),
        }
    }
}

/// What is known under a key before the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: the work is ours to do.
    Nothing,
    /// The answer to this very request.
    Answer(KeptAnswer),
}

impl Found {
    /// Reads what [`CLAIM`] and [`LOOKUP`] answered.
    ///
    /// # Errors
    /// When the key belongs to another request, or another request with it is at work.
    pub fn read(keyed: &Keyed, claimed: &[Row], found: &[Row]) -> Result<Self, KeyRefused> {
        // What was committed is answered, whoever looks at it at the same time.
        if let Some(row) = found.first().filter(|_| !sabotage::takes_out("idempotency key")) {
            let same = row.get::<_, &[u8]>("fingerprint") == keyed.fingerprint;
            return if same { Ok(Self::Answer(replay(row))) } else { Err(KeyRefused::Reused) };
        }
        let claimed = claimed.first().is_some_and(|row| row.get(0));
        if claimed || sabotage::takes_out("idempotency claim") {
            Ok(Self::Nothing)
        } else {
            Err(KeyRefused::InProgress)
        }
    }
}

fn replay(row: &Row) -> KeptAnswer {
    KeptAnswer {
        status: u16::try_from(row.get::<_, i16>("status")).unwrap_or_default(),
        body: row.get("body"),
        location: row.get("location"),
        resource: row.get("resource_id"),
        replayed: true,
    }
}

/// Runs a statement that makes something, and answers with what `answer` makes of its row. With a key it is run once:
/// its answer commits together with it, and whoever repeats the request gets that, whatever the clock says against it by
/// now. A refusal stores nothing.
///
/// # Errors
/// What `by_clock` and `answer` give, a [`KeyRefused`], or an [`Error`] of the database.
pub async fn write_once<E: From<Error> + From<KeyRefused>>(
    pool: &Pool,
    keyed: Option<&Keyed>,
    statement: &Statement,
    params: Params<'_>,
    by_clock: Result<(), E>,
    answer: impl FnOnce(Option<Row>) -> Result<KeptAnswer, E>,
) -> Result<KeptAnswer, E> {
    let Some(keyed) = keyed else {
        by_clock?;
        return answer(pool.write(statement, params).await?);
    };
    pool.transaction(async |transaction| {
        let claimed = transaction.query(&CLAIM, &[&keyed.lock()]).await?;
        let (person, key) = (keyed.caller.0, keyed.key.as_slice());
        let found = transaction.query(&LOOKUP, &[&person, &keyed.route, &key]).await?;
        if let Found::Answer(answer) = Found::read(keyed, &claimed, &found)? {
            return Ok(answer);
        }
        by_clock?;
        let made = answer(transaction.query_opt(statement, params).await?)?;
        let (status, fingerprint) = (i16::try_from(made.status).unwrap_or_default(), keyed.fingerprint.as_slice());
        let kept: Params<'_> =
            &[&person, &keyed.route, &key, &fingerprint, &status, &made.body, &made.location, &made.resource];
        transaction.query(&KEEP, kept).await?;
        Ok(made)
    })
    .await
}
