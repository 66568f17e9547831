//! The kinds of problems that are the board's own.

use platform::http::problem::Kind;

/// The token of a mailed link is not good.
pub const BAD_SIGN_IN_TOKEN: Kind = Kind {
    name: "bad-sign-in-token",
    status: 401,
    title: "This link does not sign you in",
    about: "The token is not one of ours. Perhaps a part of the link is missing: follow it again, or paste the whole token \
            from the mail, or ask for a new mail.",
};

/// The token of a mailed link that signed somebody in.
pub const USED_SIGN_IN_TOKEN: Kind = Kind {
    name: "used-sign-in-token",
    status: 401,
    title: "This link was used already",
    about: "A link signs in once, and this one did. Where that was you, in another window or on another device, you are \
            signed in there. Ask for a new mail to sign in here.",
};

/// The token of a mailed link that is too old.
pub const EXPIRED_SIGN_IN_TOKEN: Kind = Kind {
    name: "expired-sign-in-token",
    status: 401,
    title: "This link has expired",
    about: "A link is good for 15 minutes from when it was asked for. Ask for a new mail.",
};

/// A refresh token that is none.
pub const BAD_REFRESH_TOKEN: Kind = Kind {
    name: "bad-refresh-token",
    status: 401,
    title: "This refresh token is not one of ours",
    about: "The token is none that this board gave, or its key is gone. Sign in.",
};

/// A refresh token that was not used in time.
pub const EXPIRED_REFRESH_TOKEN: Kind = Kind {
    name: "expired-refresh-token",
    status: 401,
    title: "The session has expired",
    about: "A session ends when it was not renewed for 30 days, and a year after it began. Sign in.",
};

/// A session that somebody ended, or that ended because a refresh token was used again.
pub const SESSION_ENDED: Kind = Kind {
    name: "session-ended",
    status: 401,
    title: "The session has ended",
    about: "Either somebody signed out of it, or one of its refresh tokens was used again after it had been replaced. Each \
            is good once: whoever uses one again, but for 30 seconds in which it gets the same answer, may be somebody \
            who stole it, so nobody can renew the session any more. Sign in.",
};

/// A second application for the same job.
pub const ALREADY_APPLIED: Kind = Kind {
    name: "already-applied",
    status: 409,
    title: "You have applied for this job already",
    about: "One person applies for a job once. `application_id` names the application that exists.",
};

/// An application for a job that is over.
pub const JOB_OVER: Kind = Kind {
    name: "job-over",
    status: 410,
    title: "This job takes no more applications",
    about: "The job was published and is over: `job_status` says whether its company closed it (`closed`) or its date has \
            passed (`expired`). Nothing was written.",
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
    about: "A draft can be published and closed, a published or expired job can be closed, and a closed one stays closed.",
};

/// No further mail with a link for now.
pub const TOO_MANY_SIGN_IN_MAILS: Kind = Kind {
    name: "too-many-sign-in-mails",
    status: 429,
    title: "No further sign-in mail will come for now",
    about: "As many links as `RateLimit-Policy` allows may still be used: to this address (`sign-in-address`), for your \
            client (`sign-in-client`) or in all (`sign-in-total`). No mail was sent, and the links that were mailed are \
            good: look for them, also among spam. Or ask again after the time in `Retry-After`; a link that is used \
            makes room at once.",
};

/// All of `api`'s.
pub const OF_API: &[Kind] = &[
    BAD_SIGN_IN_TOKEN,
    USED_SIGN_IN_TOKEN,
    EXPIRED_SIGN_IN_TOKEN,
    TOO_MANY_SIGN_IN_MAILS,
    BAD_REFRESH_TOKEN,
    EXPIRED_REFRESH_TOKEN,
    SESSION_ENDED,
    WRONG_JOB_STATUS,
];

/// All of `applications`'.
pub const OF_APPLICATIONS: &[Kind] = &[ALREADY_APPLIED, JOB_OVER, NAME_MISSING];
