use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path};
use contracts::ids::{ApplicationId, JobId, PersonId};
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;
use platform::clock::Clock;
use platform::guard::quota::{Memory, Standing};
use platform::http::edge::{Body, Caller};
use platform::http::idempotency::IdempotencyKey;
use platform::http::problem::Problem;
use platform::postgres::Pool;
use platform::telemetry::context;

use super::{Applied, ApplyError, Letter, NewApplication, QUOTA, Refused, store};

/// `POST /v1/jobs/{id}/applications`: ten in an hour; takes an `Idempotency-Key`.
pub(crate) async fn apply(
    caller: Caller,
    job: Path<JobId>,
    Body(mut body): Body,
    key: IdempotencyKey,
    memory: Memory,
    pool: Data<Pool>,
    clock: Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let letter = body.required("letter", Letter::from_json);
    let letter = body.finish(letter)?;
    let (id, keyed) = (ApplicationId(clock.id()), key.of(caller));
    note("app.job.id", *job);
    let look = memory.look(QUOTA, caller, keyed.as_ref().map(|keyed| &keyed.key)).await?;
    let new = NewApplication { id, job: *job, person: PersonId(caller.0), letter, keyed };
    match store::apply(&pool, &clock, &new).await {
        Ok(Applied::Now { answer, acceptance, standing }) => {
            note("app.application.id", ApplicationId(acceptance.id));
            look.accepted(acceptance, standing.left).await;
            Ok(told(answer.into(), standing))
        }
        Ok(Applied::Before { answer, standing }) => {
            answer.resource.into_iter().for_each(|first| note("app.application.id", ApplicationId(first)));
            Ok(told(answer.into(), standing))
        }
        Err(Refused { error, standing }) => {
            match &error {
                ApplyError::QuotaFull { .. } => look.refused(store::last(&pool, new.person)).await,
                ApplyError::Duplicate(first) => note("app.application.id", *first),
                _ => {}
            }
            let full = matches!(error, ApplyError::QuotaFull { .. });
            let problem = Problem::from(error);
            // One that is full says so itself.
            let fields = standing.filter(|_| !full).map(|standing| QUOTA.fields(standing));
            let fields = fields.into_iter().flatten();
            Err(fields.fold(problem, |problem, (name, value)| problem.header(name, value)))
        }
    }
}

/// What the request is about, for its span: of applications one that exists.
fn note(name: &'static str, id: impl ToString) {
    context::current().span().set_attribute(KeyValue::new(name, id.to_string()));
}

/// Tells the caller how much of the quota is left.
fn told(mut answer: HttpResponse, standing: Standing) -> HttpResponse {
    for (name, value) in QUOTA.fields(standing) {
        let field = (HeaderName::try_from(name), HeaderValue::try_from(value));
        if let (Ok(name), Ok(value)) = field {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
