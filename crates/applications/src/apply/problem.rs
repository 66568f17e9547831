use contracts::problems::{ALREADY_APPLIED, JOB_OVER, NAME_MISSING};
use platform::http::problem::Problem;
use serde_json::json;

use super::{ApplyError, QUOTA};
use crate::access::not_found;

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::QuotaFull { after } => QUOTA.exceeded(after),
            ApplyError::Key(refused) => refused.into(),
            ApplyError::Duplicate(id) => Self::from(ALREADY_APPLIED).with("application_id", id.to_string()),
            ApplyError::NoSuchJob => not_found(),
            ApplyError::JobOver(status) => Self::from(JOB_OVER).with("job_status", json!(status)),
            ApplyError::NoPerson => Self::invalid_token("The person of this access token does not exist any more."),
            ApplyError::NoName => NAME_MISSING.into(),
            ApplyError::Store(error) => error.into(),
        }
    }
}
