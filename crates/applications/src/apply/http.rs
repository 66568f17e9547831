use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use contracts::ids::{ApplicationId, JobId, PersonId};
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;
use platform::clock::Clock;
use platform::http::edge::{Body, Caller};
use platform::http::problem::Problem;
use platform::postgres::Pool;
use platform::telemetry::context;

use super::{Letter, store};

/// `POST /v1/jobs/{id}/applications`.
pub(crate) async fn apply(
    caller: Caller,
    job: Path<JobId>,
    Body(mut body): Body,
    pool: Data<Pool>,
    clock: Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let letter = body.required("letter", Letter::from_json);
    let letter = body.finish(letter)?;
    let id = ApplicationId(clock.id());
    note(*job, id);
    let applied = store::apply(&pool, &clock, id, *job, PersonId(caller.0), &letter).await?;
    Ok(HttpResponse::Created().json(applied))
}

/// What the request is about, for its span.
fn note(job: JobId, application: ApplicationId) {
    let span = context::current();
    span.span().set_attribute(KeyValue::new("app.job.id", job.to_string()));
    span.span().set_attribute(KeyValue::new("app.application.id", application.to_string()));
}
