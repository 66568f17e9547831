mod refusal;

use std::time::Duration;

use contracts::ids::PersonId;
use contracts::mail::SEND_HOURS;
use platform::clock::Clock;
use platform::guard::quota::{Acceptance, Standing};
use platform::http::idempotency::{CLAIM, Found, Hash, KeptAnswer, LOOKUP, lock};
use platform::postgres::outbox::Enqueue;
use platform::postgres::{Error, Pool, Row, Statement, ToSql};
use platform::sabotage;

use super::{Applied, ApplyError, NewApplication, QUOTA, Refused};

/// The route that keys of applications belong to.
const ROUTE: &str = "POST /v1/jobs/{id}/applications";

/// One application of a person at a time. Whose key is taken by a request at work does not wait for that one.
const LOCK: Statement = Statement::new("lock applications of person", include_str!("store/lock.sql"));

const APPLY: Statement = Statement::new("insert application, history and mails", include_str!("store/apply.sql"));

/// Applies, in one transaction and one flush: no statement can wait for what another answered, so the last one holds
/// all the conditions itself. The locks come in statements of their own, because what a statement sees is fixed when
/// it begins.
pub(super) async fn apply(pool: &Pool, clock: &Clock, new: &NewApplication) -> Result<Applied, Refused> {
    let enqueue = Enqueue::begin();
    let answers = flush(pool, clock, new, &enqueue).await;
    let last = |answers: &Vec<Vec<Row>>| answers.last().and_then(|rows| rows.first()).map_or(0, |row| row.get("mails"));
    enqueue.end(answers.as_ref().map(last));
    let mut answers = answers?.into_iter();
    let row = answers.next_back().and_then(|rows| rows.into_iter().next()).ok_or(Error::Shape(APPLY.summary))?;
    let standing = standing(&row);
    let keyed = new.keyed.as_ref().map(|keyed| {
        let (claimed, found) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
        Found::read(keyed, &claimed, &found)
    });
    let refused = |error| Refused { error, standing: Some(standing) };
    if let Some(Found::Answer(answer)) = keyed.transpose().map_err(|error| refused(error.into()))? {
        return Ok(Applied::Before { answer, standing });
    }
    if let Some(body) = row.get("body") {
        return Ok(made(new, &row, body, standing));
    }
    if row.get::<_, i64>("used") >= i64::from(limit()) {
        return Err(refused(ApplyError::QuotaFull { after: seconds(row.get("until_decisive")) }));
    }
    Err(refused(refusal::why_not(pool, new).await?))
}

/// What is left after it: one that was made counts among those that are used.
fn standing(row: &Row) -> Standing {
    let made = row.get::<_, Option<&str>>("body").is_some();
    let used = row.get::<_, i64>("used") + i64::from(made);
    let left = QUOTA.limit.saturating_sub(u16::try_from(used).unwrap_or(u16::MAX));
    Standing { left, reset: seconds(row.get("until_first")) }
}

async fn flush(pool: &Pool, clock: &Clock, new: &NewApplication, enqueue: &Enqueue) -> Result<Vec<Vec<Row>>, Error> {
    let NewApplication { id, job, person, letter, keyed } = new;
    let key = keyed.as_ref().map(|keyed| keyed.key.as_slice());
    let fingerprint = keyed.as_ref().map(|keyed| keyed.fingerprint.as_slice());
    let claim = keyed.as_ref().map(platform::http::idempotency::Keyed::lock);
    // Each application has a lock of its own where the person's is taken out.
    let locked = if sabotage::takes_out("quota lock") { id.0 } else { person.0 };
    let (lock, span) = (lock(&[b"apply", locked.as_bytes()]), QUOTA.window.as_secs_f64());
    let (letter, mail) = (letter.as_str(), clock.id());
    let (traceparent, tracestate) = (enqueue.traceparent(), enqueue.tracestate());
    let (place, limit) = (i32::from(QUOTA.limit), i64::from(limit()));
    let values: [&(dyn ToSql + Sync); 14] = [
        &id.0,
        &job.0,
        &person.0,
        &letter,
        &mail,
        &SEND_HOURS,
        &traceparent,
        &place,
        &span,
        &limit,
        &key,
        &fingerprint,
        &ROUTE,
        &tracestate,
    ];
    let (claim, found): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 3]) = ([&claim], [&person.0, &ROUTE, &key]);
    let locked: [&(dyn ToSql + Sync); 1] = [&lock];
    let work: [(&Statement, &[&(dyn ToSql + Sync)]); 4] =
        [(&CLAIM, &claim), (&LOOKUP, &found), (&LOCK, &locked), (&APPLY, &values)];
    pool.in_one_flush(if keyed.is_some() { &work } else { &work[2..] }).await
}

/// How many are counted before a refusal.
fn limit() -> u32 {
    if sabotage::takes_out("quota") { u32::MAX } else { u32::from(QUOTA.limit) }
}

fn made(new: &NewApplication, row: &Row, body: String, standing: Standing) -> Applied {
    let (id, at) = (new.id.0, row.get("created_at"));
    Applied::Now {
        answer: KeptAnswer { status: 201, body, location: None, resource: Some(id), replayed: false },
        acceptance: Acceptance { at, id, key: new.keyed.as_ref().map(|keyed| keyed.key) },
        standing,
    }
}

/// The person's last applications, with their keys: what Redis is to remember.
pub(super) async fn last(pool: &Pool, person: PersonId) -> Result<Vec<Acceptance>, Error> {
    const LAST: Statement = Statement::new("select last applications of person", include_str!("store/last.sql"));
    let rows = pool.query(&LAST, &[&person.0, &ROUTE, &i64::from(QUOTA.limit)]).await?;
    let hash = |bytes: Option<&[u8]>| bytes.and_then(|bytes| Hash::try_from(bytes).ok());
    Ok(rows.iter().map(|row| Acceptance { id: row.get(0), at: row.get(1), key: hash(row.get(2)) }).collect())
}

fn seconds(until: Option<f64>) -> Duration {
    Duration::try_from_secs_f64(until.unwrap_or_default()).unwrap_or_default()
}
