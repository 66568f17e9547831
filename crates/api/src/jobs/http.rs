use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use contracts::answers::{Job, JobStatus, Page};
use contracts::ids::{CompanyId, JobId};
use contracts::problems::WRONG_JOB_STATUS;
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;
use platform::clock::Clock;
use platform::http::edge::{Body, Caller, IfMatch, MaybeCaller, Paging, Query, choice, own};
use platform::http::fallback::{Fallback, Resource};
use platform::http::idempotency::{IdempotencyKey, KeptAnswer};
use platform::http::problem::{Problem, Source, VALIDATION_FAILED, WrongValue};
use platform::postgres::Pool;
use platform::telemetry::context;

use super::status::{NoStep, Step};
use super::store::{self, NewJob, StepError, Stored};
use super::{Changes, Details};
use crate::access::visible;
use crate::settings::ApiSettings;

/// `GET /v1/jobs`: published ones, newest first, the same for everybody.
pub(crate) async fn list(
    Query(mut query): Query,
    pool: Data<Pool>,
    settings: Data<ApiSettings>,
    fallback: Data<Fallback>,
) -> Result<HttpResponse, Problem> {
    let paging = Paging::read(&mut query);
    let paging = query.finish(paging)?;
    let work = async {
        let page = store::list(&pool, paging).await?;
        let items = page.items.into_iter().map(|job| answer(job, &settings)).collect::<Result<_, _>>()?;
        Ok(Page { items, next_cursor: page.next_cursor })
    };
    fallback.answer(Resource::at(format!("/v1/jobs?{paging}")), None, work).await
}

/// `GET /v1/jobs/{id}`: what was never published exists for its company's members alone.
pub(crate) async fn read(
    MaybeCaller(caller): MaybeCaller,
    id: Path<JobId>,
    pool: Data<Pool>,
    settings: Data<ApiSettings>,
    fallback: Data<Fallback>,
) -> Result<HttpResponse, Problem> {
    note(*id);
    let work = async { answer(visible(store::read(&pool, *id, caller).await?)?, &settings) };
    fallback.answer(page(*id), caller, work).await
}

/// `POST /v1/jobs`: a draft; takes an `Idempotency-Key`.
pub(crate) async fn make(
    caller: Caller,
    Body(mut body): Body,
    key: IdempotencyKey,
    pool: Data<Pool>,
    clock: Data<Clock>,
    settings: Data<ApiSettings>,
) -> Result<HttpResponse, Problem> {
    let company: Option<CompanyId> = body.required("company_id", choice("the id of a company"));
    let details = Details::read(&mut body, clock.now());
    let ((company, details), by_clock) = body.finish_before_clock(company.zip(details))?;
    let id = JobId(clock.id());
    note(id);
    let (new, keyed) = (NewJob { id, company, by: caller, details }, key.of(caller));
    let made = store::make(&pool, keyed.as_ref(), &new, by_clock, |made| {
        let made = answer(made.ok_or_else(not_a_member)?, &settings)?;
        KeptAnswer::created(&made, format!("/v1/jobs/{id}"), id.0)
    });
    Ok(made.await?.into())
}

/// `PATCH /v1/jobs/{id}`.
pub(crate) async fn change(
    caller: Caller,
    id: Path<JobId>,
    Body(mut body): Body,
    if_match: IfMatch,
    pool: Data<Pool>,
    (clock, settings): (Data<Clock>, Data<ApiSettings>),
    fallback: Data<Fallback>,
) -> Result<HttpResponse, Problem> {
    note(*id);
    let (now, change) = (clock.now(), fallback.change(page(*id)));
    let changed = store::change(&pool, *id, caller, |job, pay| {
        if_match.check(&answer(job, &settings)?)?;
        let changes = Changes::read(&mut body, pay, now);
        body.finish(changes)
    });
    let changed = changed.await;
    change.end(&changed);
    own(&answer(visible(changed?)?, &settings)?)
}

/// `POST /v1/jobs/{id}/publish`.
pub(crate) async fn publish(
    caller: Caller,
    id: Path<JobId>,
    if_match: IfMatch,
    pool: Data<Pool>,
    settings: Data<ApiSettings>,
    fallback: Data<Fallback>,
) -> Result<HttpResponse, Problem> {
    step(Step::Publish, caller, *id, &if_match, &pool, &settings, &fallback).await
}

/// `POST /v1/jobs/{id}/close`.
pub(crate) async fn close(
    caller: Caller,
    id: Path<JobId>,
    if_match: IfMatch,
    pool: Data<Pool>,
    settings: Data<ApiSettings>,
    fallback: Data<Fallback>,
) -> Result<HttpResponse, Problem> {
    step(Step::Close, caller, *id, &if_match, &pool, &settings, &fallback).await
}

async fn step(
    step: Step,
    caller: Caller,
    id: JobId,
    if_match: &IfMatch,
    pool: &Pool,
    settings: &ApiSettings,
    fallback: &Fallback,
) -> Result<HttpResponse, Problem> {
    note(id);
    let change = fallback.change(page(id));
    let check = |job| if_match.check(&answer(job, settings)?);
    let done = store::step(pool, id, caller, step, check).await.map_err(Problem::from);
    change.end(&done);
    own(&answer(visible(done?)?, settings)?)
}

/// What is remembered of a job for readers.
fn page(id: JobId) -> Resource {
    Resource::at(format!("/v1/jobs/{id}"))
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Refused(NoStep::WrongStatus) => WRONG_JOB_STATUS.into(),
            StepError::Refused(NoStep::Overdue) => wrong("closes_at", "is in the past: change it first"),
            StepError::Changed(problem) => problem,
            StepError::Store(error) => error.into(),
        }
    }
}

/// What everybody is told of a job, its company too: where to apply is worked out and never stored, so leaving it out
/// loses nothing.
fn answer(job: Stored, settings: &ApiSettings) -> Result<Job, Problem> {
    let apply_url = match job.status {
        JobStatus::Draft | JobStatus::Published => {
            let apply = format!("v1/jobs/{}/applications", job.id);
            Some(settings.applications.join(&apply).map_err(|error| Problem::internal(&error))?)
        }
        JobStatus::Closed | JobStatus::Expired => None,
    };
    Ok(job.into_answer(apply_url))
}

fn not_a_member() -> Problem {
    wrong("company_id", "is none of your companies")
}

fn wrong(field: &str, detail: &str) -> Problem {
    Problem::from(VALIDATION_FAILED)
        .wrong([WrongValue { source: Source::Body(field.to_owned()), detail: detail.to_owned() }])
}

/// Which job the request is about, for its span.
fn note(id: JobId) {
    context::current().span().set_attribute(KeyValue::new("app.job.id", id.to_string()));
}
