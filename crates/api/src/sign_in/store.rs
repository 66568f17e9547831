use contracts::mail::SIGN_IN_SEND_MINUTES;
use platform::clock::Clock;
use platform::postgres::{Error, Pool, Statement};
use platform::telemetry::context;

use super::Address;

const BEGIN: Statement = Statement::new("insert sign-in and its mail", include_str!("begin.sql"));

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
