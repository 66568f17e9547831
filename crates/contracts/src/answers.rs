//! The shapes of answers. Times are RFC 3339 in UTC; money is in minor units of its currency.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use url::Url;

use crate::ids::{ApplicationId, CompanyId, JobId, PersonId};

/// A part of a list, and where it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// Asks for what comes after; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A session that has begun or was renewed. The names are OAuth 2.0's (RFC 6749, section 5.1), where it has them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// Goes into `Authorization: Bearer`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the access token ends.
    pub expires_in: u64,
    /// Renews the session, once.
    pub refresh_token: String,
    /// Seconds until the refresh token ends, and the session with it unless it was renewed.
    pub refresh_token_expires_in: u64,
    /// Who signed in.
    pub person_id: PersonId,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// As it was written at the first sign-in.
    pub email: String,
    /// Absent until it is set.
    pub name: Option<String>,
}

/// A company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// Its name.
    pub name: String,
    /// An https address.
    pub website: Option<String>,
    /// Where it is.
    pub place: Option<String>,
}

/// How far a job is from its office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remote {
    /// At the place.
    No,
    /// Some days.
    Hybrid,
    /// From anywhere.
    Yes,
}

/// What kind of work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Full time.
    FullTime,
    /// Part time.
    PartTime,
    /// A contract.
    Contract,
    /// An internship.
    Internship,
    /// For a time.
    Temporary,
}

/// What the pay is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayPer {
    /// An hour.
    Hour,
    /// A month.
    Month,
    /// A year.
    Year,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Seen by its company alone.
    Draft,
    /// Seen by everybody, and open.
    Published,
    /// Closed by its company: seen by who has its address, and not open any more.
    Closed,
    /// The same by its date, which its company may move.
    Expired,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub company_id: CompanyId,
    /// The company's name.
    pub company_name: String,
    /// Its title.
    pub title: String,
    /// Plain text; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it is.
    pub place: Option<String>,
    /// How far from there.
    pub remote: Remote,
    /// What kind of work.
    pub kind: JobKind,
    /// From, in minor units.
    pub pay_from: Option<i64>,
    /// To, in minor units.
    pub pay_to: Option<i64>,
    /// ISO 4217.
    pub pay_currency: Option<String>,
    /// For what time.
    pub pay_per: Option<PayPer>,
    /// When it closes by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub closes_at: Option<OffsetDateTime>,
    /// Where it stands.
    pub status: JobStatus,
    /// When it was published first.
    #[serde(with = "time::serde::rfc3339::option")]
    pub published_at: Option<OffsetDateTime>,
    /// Where to apply, until the job is over; no caller builds this address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply_url: Option<Url>,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationStatus {
    /// It arrived.
    Received,
    /// Somebody read it.
    Viewed,
    /// There is to be a talk.
    Interview,
    /// There is an offer.
    Offer,
    /// It was declined.
    Declined,
    /// It was taken back.
    Withdrawn,
}

/// An application, as the person who made it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// For which job.
    pub job_id: JobId,
    /// The job's title.
    pub job_title: String,
    /// The company's name.
    pub company_name: String,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// An application that was just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Its id.
    pub id: ApplicationId,
    /// For which job.
    pub job_id: JobId,
    /// `received`.
    pub status: ApplicationStatus,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// An application, as the company sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedApplication {
    /// Its id.
    pub id: ApplicationId,
    /// Who applied.
    pub person_id: PersonId,
    /// The person's name.
    pub name: Option<String>,
    /// The person's address.
    pub email: String,
    /// What the person wrote.
    pub letter: String,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}
