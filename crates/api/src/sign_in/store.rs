use std::time::Duration;

use contracts::address::Address;
use contracts::mail::SIGN_IN_SEND_MINUTES;
use platform::clock::Clock;
use platform::http::idempotency::lock;
use platform::postgres::outbox::Enqueue;
use platform::postgres::queue::plan_anew;
use platform::postgres::{Error, Pool, Row, Statement};
use platform::sabotage;

use super::bounds::{Bound, BoundSettings};

const BEGIN: Statement = Statement::new("insert sign-in and its mail", include_str!("begin.sql"));

/// One at a time, so that what is counted is exact. They are few, and a lock for each bound would be three.
const LOCK: Statement = Statement::new("lock sign-ins", "SELECT pg_advisory_xact_lock($1)");

/// Who asks for a link, and where it is to go.
pub(super) struct Asked<'a> {
    pub(super) address: &'a Address,
    /// The client's network, as nobody can read it.
    pub(super) client: &'a str,
    /// What its token is derived with.
    pub(super) key_id: &'a str,
}

/// What came of it.
pub(super) enum Begun {
    /// The mail is on its way.
    Mailed,
    /// There is no room for it, for so long.
    Full(Bound, Duration),
}

/// Makes a sign-in and the mail with its link, if there is room.
pub(super) async fn begin(
    pool: &Pool,
    clock: &Clock,
    bounds: &BoundSettings,
    asked: &Asked<'_>,
) -> Result<Begun, Error> {
    let (id, mail, enqueue) = (clock.id(), clock.id(), Enqueue::begin());
    let (traceparent, tracestate) = (enqueue.traceparent(), enqueue.tracestate());
    let (written, key) = (asked.address.written(), asked.address.key());
    // Each has a lock of its own where the one for all is taken out.
    let locked = if sabotage::takes_out("sign-in lock") { id.as_bytes().as_slice() } else { b"all" };
    let locked = lock(&[b"sign-in", locked]);
    let [of_address, of_client, in_all, in_all_of_client, in_all_of_address] = bounds.limits();
    let values: [&(dyn platform::postgres::ToSql + Sync); 14] = [
        &id,
        &written,
        &key,
        &asked.key_id,
        &mail,
        &SIGN_IN_SEND_MINUTES,
        &traceparent,
        &asked.client,
        &of_address,
        &of_client,
        &in_all,
        &in_all_of_client,
        &in_all_of_address,
        &tracestate,
    ];
    let begun = pool.in_one_flush(&[(plan_anew(), &[]), (&LOCK, &[&locked]), (&BEGIN, &values)]).await;
    let begun = begun.and_then(read);
    enqueue.end(begun.as_ref().map(|begun| i64::from(matches!(begun, Begun::Mailed))));
    begun
}

fn read(mut answers: Vec<Vec<Row>>) -> Result<Begun, Error> {
    let row = answers.pop().and_then(|rows| rows.into_iter().next()).ok_or(Error::Shape(BEGIN.summary))?;
    let Some(full) = row.get::<_, Option<String>>("full") else { return Ok(Begun::Mailed) };
    let bound = Bound::named(&full).ok_or(Error::Shape(BEGIN.summary))?;
    let wait = Duration::try_from_secs_f64(row.get::<_, Option<f64>>("seconds").unwrap_or_default());
    Ok(Begun::Full(bound, wait.unwrap_or_default()))
}
