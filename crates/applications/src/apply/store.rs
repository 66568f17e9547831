use contracts::answers::{ApplicationStatus, Applied};
use contracts::ids::{ApplicationId, JobId, PersonId};
use contracts::mail::SEND_HOURS;
use platform::clock::Clock;
use platform::postgres::{Error, Pool, Statement};
use platform::telemetry::context;

use super::{ApplyError, Letter};

const APPLY: Statement = Statement::new("insert application, history and mails", include_str!("apply.sql"));

const WHY_NOT: Statement = Statement::new("select why not applied", include_str!("why_not.sql"));

/// Applies, in one transaction and one flush: the statement holds all its conditions itself.
pub(super) async fn apply(
    pool: &Pool,
    clock: &Clock,
    id: ApplicationId,
    job: JobId,
    person: PersonId,
    letter: &Letter,
) -> Result<Applied, ApplyError> {
    let rows = pool
        .in_one_flush(&[(
            &APPLY,
            &[&id.0, &job.0, &person.0, &letter.as_str(), &clock.id(), &SEND_HOURS, &context::traceparent()],
        )])
        .await?;
    match rows.iter().flatten().next() {
        Some(row) => Ok(Applied { id, job_id: job, status: ApplicationStatus::Received, created_at: row.get(0) }),
        None => Err(why_not(pool, job, person).await?),
    }
}

async fn why_not(pool: &Pool, job: JobId, person: PersonId) -> Result<ApplyError, ApplyError> {
    let row = pool.query_opt(&WHY_NOT, &[&job.0, &person.0]).await?.ok_or(Error::Shape(WHY_NOT.summary))?;
    let (is_open, is_there, has_name): (bool, bool, bool) =
        (row.get("is_open"), row.get("is_there"), row.get("has_name"));
    Ok(match row.get::<_, Option<uuid::Uuid>>("application_id") {
        Some(id) => ApplyError::Duplicate(ApplicationId(id)),
        None if !is_there => ApplyError::NoPerson,
        None if is_open && !has_name => ApplyError::NoName,
        // Also of a job that was published between the two statements: it was not open when the person applied.
        None => ApplyError::NoSuchJob,
    })
}
