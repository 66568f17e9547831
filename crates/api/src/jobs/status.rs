use contracts::answers::JobStatus;

/// A step that a status does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the job's status does not allow this")]
pub(crate) struct WrongStatus;

/// What a member does to a job's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Publish,
    Close,
}

impl Step {
    /// The status after this step; a step that was taken already changes nothing.
    pub(crate) fn after(self, now: JobStatus) -> Result<JobStatus, WrongStatus> {
        match (self, now) {
            (Self::Publish, JobStatus::Draft | JobStatus::Published) => Ok(JobStatus::Published),
            (Self::Publish, JobStatus::Closed) => Err(WrongStatus),
            (Self::Close, JobStatus::Draft | JobStatus::Published | JobStatus::Closed) => Ok(JobStatus::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use JobStatus::{Closed, Draft, Published};

    #[test]
    fn a_draft_is_published_once_and_again() {
        assert_eq!(Step::Publish.after(Draft), Ok(Published));
        assert_eq!(Step::Publish.after(Published), Ok(Published));
    }

    #[test]
    fn a_closed_job_stays_closed() {
        assert_eq!(Step::Publish.after(Closed), Err(WrongStatus));
        assert_eq!(Step::Close.after(Closed), Ok(Closed));
    }

    #[test]
    fn a_draft_and_a_published_job_can_be_closed() {
        assert_eq!(Step::Close.after(Draft), Ok(Closed));
        assert_eq!(Step::Close.after(Published), Ok(Closed));
    }
}
