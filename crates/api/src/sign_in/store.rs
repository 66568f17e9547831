use contracts::mail::SIGN_IN_SEND_MINUTES;
use platform::clock::Clock;
use platform::postgres::{Error, Pool, Statement};
use platform::telemetry::context;

use super::Address;

const BEGIN: Statement = Statement::new("insert sign-in and its mail", include_str!("begin.sql"));

const SWEEP: Statement = Statement::new(
    "delete old sign-ins",
    "WITH old AS (
         SELECT id FROM sign_ins WHERE created_at < clock_timestamp() - interval '24 hours' LIMIT 1000
     ), gone AS (
         DELETE FROM sign_ins USING old WHERE sign_ins.id = old.id RETURNING sign_ins.id
     )
     SELECT count(*) FROM gone",
);

/// Makes a sign-in and the mail with its link.
pub(super) async fn begin(pool: &Pool, clock: &Clock, address: &Address, key_id: &str) -> Result<(), Error> {
    let (written, key) = (address.written(), address.key());
    pool.write(
        &BEGIN,
        &[&clock.id(), &written, &key, &key_id, &clock.id(), &SIGN_IN_SEND_MINUTES, &context::traceparent()],
    )
    .await
    .map(drop)
}

/// Deletes some sign-ins that are older than a day; answers how many.
pub(super) async fn sweep(pool: &Pool) -> Result<i64, Error> {
    Ok(pool.query_opt(&SWEEP, &[]).await?.map_or(0, |row| row.get(0)))
}
