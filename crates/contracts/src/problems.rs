//! The kinds of problems that are the board's own.

use platform::http::problem::Kind;

/// The token of a mailed link is not good.
pub const BAD_SIGN_IN_TOKEN: Kind = Kind {
    name: "bad-sign-in-token",
    status: 401,
    title: "This link does not sign you in",
    about: "The token is not one of ours, was used already, or is older than 15 minutes. Ask for a new mail.",
};

/// A second application for the same job.
pub const ALREADY_APPLIED: Kind = Kind {
    name: "already-applied",
    status: 409,
    title: "You have applied for this job already",
    about: "One person applies for a job once. `application_id` names the application that exists.",
};

/// An application by somebody without a name.
pub const NAME_MISSING: Kind = Kind {
    name: "name-missing",
    status: 422,
    title: "Tell your name first",
    about: "An application needs the applicant's name. Set it by `PATCH /v1/me`, then apply again.",
};

/// A step that the job's status does not allow.
pub const WRONG_JOB_STATUS: Kind = Kind {
    name: "wrong-job-status",
    status: 409,
    title: "The job's status does not allow this",
    about: "A draft can be published and closed, a published job can be closed, and a closed one stays closed.",
};

/// All of `api`'s.
pub const OF_API: &[Kind] = &[BAD_SIGN_IN_TOKEN, WRONG_JOB_STATUS];

/// All of `applications`'.
pub const OF_APPLICATIONS: &[Kind] = &[ALREADY_APPLIED, NAME_MISSING];
