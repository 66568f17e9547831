use actix_web::web::{Data, Json, Path};
use contracts::answers::{Application, Page, ReceivedApplication};
use contracts::ids::JobId;
use platform::http::edge::{Caller, Paging, Query};
use platform::http::problem::Problem;
use platform::postgres::Pool;

use super::store;
use crate::access::not_found;

/// `GET /v1/applications`: the caller's own, newest first.
pub(crate) async fn mine(
    caller: Caller,
    Query(mut query): Query,
    pool: Data<Pool>,
) -> Result<Json<Page<Application>>, Problem> {
    let paging = Paging::read(&mut query);
    let paging = query.finish(paging)?;
    Ok(Json(store::mine(&pool, caller, paging).await?))
}

/// `GET /v1/jobs/{id}/applications`: for members of the job's company, newest first.
pub(crate) async fn of_job(
    caller: Caller,
    job: Path<JobId>,
    Query(mut query): Query,
    pool: Data<Pool>,
) -> Result<Json<Page<ReceivedApplication>>, Problem> {
    let paging = Paging::read(&mut query);
    let paging = query.finish(paging)?;
    store::of_job(&pool, *job, caller, paging).await?.map(Json).ok_or_else(not_found)
}
