//! The smoke test: an employer signs in, posts and publishes a job, a candidate applies for it, and mails arrive. Each is
//! one trace, whose root is the test's own span.

mod inbox;
mod missing;

use std::time::{Duration, Instant};

use contracts::answers::{Company, Job, Session};
use contracts::calls::{
    Apply, BeginSession, GetJob, JobApplications, MyApplications, PatchMe, PostCompany, PostJob, PublishJob, SignIn,
};
use contracts::ids::PersonId;
use opentelemetry::trace::{SpanKind, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use platform::http::client::{Call, CallError, Client};
use platform::telemetry::log::chain;
use platform::telemetry::trace::OpenSpan;
use serde_json::json;
use url::Url;

pub use inbox::{Inbox, InboxError};
pub use missing::{is_whole, missing};

/// Where the parts of a board are.
#[derive(Clone, Debug)]
pub struct Places {
    /// `api`.
    pub api: Url,
    /// `applications`.
    pub applications: Url,
    /// The stand-in's inbox.
    pub inbox: Url,
}

/// A step that was done.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// How a smoke test went.
#[derive(Debug)]
pub struct SmokeTest {
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// Why it went no further.
    pub failure: Option<String>,
    /// The smoke test's trace.
    pub trace_id: String,
    /// Who signed in: the employer and the candidate.
    pub people: Vec<PersonId>,
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum SmokeTestError {
    /// A function did not answer as it should.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A mail did not arrive.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// An answer was good and wrong.
    #[error("{0}")]
    Wrong(&'static str),
}

/// The steps of a smoke test that goes well.
pub const STEPS: [&str; 11] = [
    "the employer signs in by a mailed link",
    "the employer tells a name",
    "the employer makes a company",
    "the employer posts a job",
    "the employer publishes it",
    "the candidate signs in by a mailed link",
    "the candidate tells a name",
    "the candidate reads the job",
    "the candidate applies",
    "the mails to both arrive",
    "both see the application",
];

/// The service that the smoke test's own spans come from.
const SERVICE: &str = "smoke-test";

/// What the smoke test's own spans say of where they come from.
#[must_use]
pub fn resource() -> Resource {
    Resource::builder_empty().with_attributes([KeyValue::new("service.name", SERVICE)]).build()
}

/// Runs it once. `unique` makes the addresses of this smoke test its own.
pub async fn run(places: &Places, http: &reqwest::Client, unique: &str) -> SmokeTest {
    let root = OpenSpan::below(&Context::new(), "smoke test", SpanKind::Internal, Vec::new());
    let trace_id = root.context().span().span_context().trace_id().to_string();
    let mut tester = Tester {
        api: Client::new(http.clone(), places.api.clone()),
        applications: Client::new(http.clone(), places.applications.clone()),
        inbox: Inbox::new(http.clone(), places.inbox.clone()),
        root: root.context().clone(),
        steps: Vec::new(),
        people: Vec::new(),
    };
    let failure = tester.go(unique).await.err().map(|error| chain(&error));
    root.end(failure.clone());
    SmokeTest { steps: tester.steps, failure, trace_id, people: tester.people }
}

struct Tester {
    api: Client,
    applications: Client,
    inbox: Inbox,
    root: Context,
    steps: Vec<Step>,
    people: Vec<PersonId>,
}

impl Tester {
    async fn go(&mut self, unique: &str) -> Result<(), SmokeTestError> {
        let employer_address = format!("employer.{unique}@example.com");
        let candidate_address = format!("candidate.{unique}@example.com");
        let employer = self.signs_in(&employer_address).await?;
        let api = self.api.with_token(employer.access_token.clone().into());
        self.call(&api, &PatchMe { name: "Emmy Employer".to_owned() }).await?;
        let company: Company =
            self.call(&api, &PostCompany { fields: json!({ "name": "Walkers & Sons", "place": "Bern" }) }).await?;
        let job: Job = self.call(&api, &PostJob { fields: job_of(&company) }).await?;
        self.call(&api, &PublishJob { id: job.id }).await?;

        let candidate = self.signs_in(&candidate_address).await?;
        let token = candidate.access_token.clone();
        let own_api = self.api.with_token(token.clone().into());
        self.call(&own_api, &PatchMe { name: "Candy Candidate".to_owned() }).await?;
        let apply = Apply { job_id: job.id, letter: "I have walked all my life.".to_owned() };
        let read: Job = self.call(&self.api.clone(), &GetJob { id: job.id }).await?;
        if read.title != job.title || read.apply_url.is_none_or(|url| url.path() != apply.path()) {
            return Err(SmokeTestError::Wrong("the job reads otherwise than it was posted"));
        }
        let applications = self.applications.with_token(token.into());
        self.call(&applications, &apply).await?;
        self.step(async |tester, _| {
            tester.inbox.wait_for(&candidate_address, "application").await?;
            tester.inbox.wait_for(&employer_address, "application").await.map(drop).map_err(SmokeTestError::from)
        })
        .await?;
        let theirs = self.applications.with_token(employer.access_token.into());
        self.step(async |_, span| {
            let mine = applications.below(span).send(&MyApplications { limit: 10, cursor: None }).await?;
            let call = JobApplications { job_id: job.id, limit: 10, cursor: None };
            let received = theirs.below(span).send(&call).await?;
            let seen = mine.items.len() == 1 && received.items.iter().any(|item| item.id == mine.items[0].id);
            if seen { Ok(()) } else { Err(SmokeTestError::Wrong("the application is not in both lists")) }
        })
        .await
    }

    async fn signs_in(&mut self, address: &str) -> Result<Session, SmokeTestError> {
        let session = self
            .step(async |tester, span| {
                let api = tester.api.below(span);
                api.send(&SignIn { email: address.to_owned() }).await?;
                let token = tester.inbox.sign_in_token(address).await?;
                Ok(api.send(&BeginSession { token }).await?)
            })
            .await?;
        self.people.push(session.person_id);
        Ok(session)
    }

    /// A step that is one call.
    async fn call<C: Call>(&mut self, client: &Client, call: &C) -> Result<C::Answer, SmokeTestError> {
        self.step(async |_, span| Ok(client.below(span).send(call).await?)).await
    }

    /// Does the next step, below a span of its own.
    async fn step<T>(
        &mut self,
        work: impl AsyncFnOnce(&Self, &Context) -> Result<T, SmokeTestError>,
    ) -> Result<T, SmokeTestError> {
        let name = STEPS.get(self.steps.len()).copied().unwrap_or("a step too many");
        let (span, began) = (OpenSpan::below(&self.root, name, SpanKind::Internal, Vec::new()), Instant::now());
        let done = work(self, span.context()).await;
        span.end(done.as_ref().err().map(ToString::to_string));
        if done.is_ok() {
            self.steps.push(Step { name, took: began.elapsed() });
        }
        done
    }
}

fn job_of(company: &Company) -> serde_json::Value {
    json!({
        "company_id": company.id,
        "title": "Mountain guide",
        "description": "Walk with people, and bring them back.",
        "place": "Grindelwald",
        "remote": "no",
        "kind": "full_time",
        "pay_from": 550_000,
        "pay_to": 700_000,
        "pay_currency": "CHF",
        "pay_per": "month",
    })
}
