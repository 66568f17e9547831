use contracts::ids::ApplicationId;
use platform::postgres::{Error, Pool, Statement};
use uuid::Uuid;

use crate::apply::{ApplyError, NewApplication};

const WHY_NOT: Statement = Statement::new("select why not applied", include_str!("why_not.sql"));

/// Why nothing was written, though the quota is not full and the key is free.
pub(super) async fn why_not(pool: &Pool, new: &NewApplication) -> Result<ApplyError, ApplyError> {
    let row = pool.query_opt(&WHY_NOT, &[&new.job.0, &new.person.0]).await?.ok_or(Error::Shape(WHY_NOT.summary))?;
    let (is_open, is_there, has_name): (bool, bool, bool) =
        (row.get("is_open"), row.get("is_there"), row.get("has_name"));
    Ok(match row.get::<_, Option<Uuid>>("application_id") {
        Some(id) => ApplyError::Duplicate(ApplicationId(id)),
        None if !is_there => ApplyError::NoPerson,
        None if is_open && !has_name => ApplyError::NoName,
        // Also of a job that was published between the two statements: it was not open when the person applied.
        None => ApplyError::NoSuchJob,
    })
}
