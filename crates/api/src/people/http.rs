use actix_web::HttpResponse;
use actix_web::web::Data;
use platform::http::edge::{Body, Caller, IfMatch, own};
use platform::http::problem::Problem;
use platform::postgres::Pool;

use super::{Name, store};
use crate::access::gone;

/// `GET /v1/me`.
pub(crate) async fn me(caller: Caller, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    own(&store::read(&pool, caller).await?.ok_or_else(gone)?)
}

/// `PATCH /v1/me`.
pub(crate) async fn change_me(
    caller: Caller,
    Body(mut body): Body,
    if_match: IfMatch,
    pool: Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let name = body.change("name", Name::from_json);
    let name = body.finish(name)?;
    own(&store::rename(&pool, caller, &if_match, name.as_ref()).await?.ok_or_else(gone)?)
}
