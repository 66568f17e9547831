use contracts::answers::JobStatus;

/// Why a step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoStep {
    #[error("the job's status does not allow this")]
    WrongStatus,
    #[error("the job would be over at once")]
    Overdue,
}

/// What a member does to a job's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Publish,
    Close,
}

impl Step {
    /// The status after this step, of a job that is past its date or not; a step that was taken already changes nothing.
    pub(crate) fn after(self, now: JobStatus, is_overdue: bool) -> Result<JobStatus, NoStep> {
        match (self, now) {
            (Self::Publish, JobStatus::Closed) => Err(NoStep::WrongStatus),
            (Self::Publish, JobStatus::Draft | JobStatus::Published) if !is_overdue => Ok(JobStatus::Published),
            (Self::Publish, JobStatus::Draft | JobStatus::Published | JobStatus::Expired) => Err(NoStep::Overdue),
            (Self::Close, JobStatus::Draft | JobStatus::Published | JobStatus::Closed | JobStatus::Expired) => {
                Ok(JobStatus::Closed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use JobStatus::{Closed, Draft, Expired, Published};

    #[test]
    fn a_draft_is_published_once_and_again() {
        assert_eq!(Step::Publish.after(Draft, false), Ok(Published));
        assert_eq!(Step::Publish.after(Published, false), Ok(Published));
    }

    #[test]
    fn what_would_be_over_at_once_is_not_published() {
        for now in [Draft, Published, Expired] {
            assert_eq!(Step::Publish.after(now, true), Err(NoStep::Overdue), "{now:?}");
        }
    }

    #[test]
    fn a_closed_job_stays_closed() {
        for is_overdue in [false, true] {
            assert_eq!(Step::Publish.after(Closed, is_overdue), Err(NoStep::WrongStatus));
            assert_eq!(Step::Close.after(Closed, is_overdue), Ok(Closed));
        }
    }

    #[test]
    fn whatever_is_not_closed_can_be_closed() {
        for now in [Draft, Published, Expired] {
            assert_eq!(Step::Close.after(now, now == Expired), Ok(Closed), "{now:?}");
        }
    }
}
