use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use contracts::answers::{Company, Page};
use contracts::ids::CompanyId;
use platform::clock::Clock;
use platform::http::edge::{Body, Caller, IfMatch, Paging, Query, own};
use platform::http::fallback::{Fallback, Resource};
use platform::http::idempotency::IdempotencyKey;
use platform::http::problem::Problem;
use platform::postgres::Pool;

use super::{Changes, NewCompany, store};
use crate::access::visible;

/// `POST /v1/companies`: takes an `Idempotency-Key`.
pub(crate) async fn make(
    caller: Caller,
    Body(mut body): Body,
    key: IdempotencyKey,
    pool: Data<Pool>,
    clock: Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let company = NewCompany::read(&mut body);
    let company = body.finish(company)?;
    let keyed = key.of(caller);
    let made = store::make(&pool, keyed.as_ref(), CompanyId(clock.id()), caller, &company).await?;
    Ok(made.into())
}

/// `GET /v1/companies`: the caller's own.
pub(crate) async fn mine(
    caller: Caller,
    Query(mut query): Query,
    pool: Data<Pool>,
) -> Result<Json<Page<Company>>, Problem> {
    let paging = Paging::read(&mut query);
    let paging = query.finish(paging)?;
    Ok(Json(store::mine(&pool, caller, paging).await?))
}

/// `GET /v1/companies/{id}`.
pub(crate) async fn read(
    id: Path<CompanyId>,
    pool: Data<Pool>,
    fallback: Data<Fallback>,
) -> Result<HttpResponse, Problem> {
    fallback.answer(page(*id), None, async { visible(store::read(&pool, *id).await?) }).await
}

/// `PATCH /v1/companies/{id}`.
pub(crate) async fn change(
    caller: Caller,
    id: Path<CompanyId>,
    Body(mut body): Body,
    if_match: IfMatch,
    pool: Data<Pool>,
    fallback: Data<Fallback>,
) -> Result<HttpResponse, Problem> {
    let changes = Changes::read(&mut body);
    let changes = body.finish(changes)?;
    let change = fallback.change(page(*id));
    let changed = store::change(&pool, *id, caller, &if_match, changes).await;
    change.end(&changed);
    own(&visible(changed?)?)
}

/// What is remembered of a company for readers.
fn page(id: CompanyId) -> Resource {
    Resource::at(format!("/v1/companies/{id}"))
}
