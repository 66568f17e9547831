use contracts::answers::JobStatus;
use contracts::ids::ApplicationId;
use platform::postgres::{Error, Pool, Statement};
use uuid::Uuid;

use crate::apply::{ApplyError, NewApplication};

const WHY_NOT: Statement = Statement::new("select why not applied", include_str!("why_not.sql"));

/// Why nothing was written, though the quota is not full and the key is free.
pub(super) async fn why_not(pool: &Pool, new: &NewApplication) -> Result<ApplyError, ApplyError> {
    let row = pool.query_opt(&WHY_NOT, &[&new.job.0, &new.person.0]).await?.ok_or(Error::Shape(WHY_NOT.summary))?;
    if let Some(id) = row.get::<_, Option<Uuid>>("application_id") {
        return Ok(ApplyError::Duplicate(ApplicationId(id)));
    }
    if !row.get::<_, bool>("is_there") {
        return Ok(ApplyError::NoPerson);
    }
    let status = row.get::<_, Option<&str>>("job_status").map(|name| serde_json::from_value(name.into()));
    let status: Option<JobStatus> = status.transpose().map_err(|_| Error::Shape(WHY_NOT.summary))?;
    Ok(match status {
        Some(over @ (JobStatus::Closed | JobStatus::Expired)) => ApplyError::JobOver(over),
        Some(JobStatus::Published) if !row.get::<_, bool>("has_name") => ApplyError::NoName,
        // Also of a job that was published between the two statements: it was not open when the person applied.
        Some(JobStatus::Published | JobStatus::Draft) | None => ApplyError::NoSuchJob,
    })
}
