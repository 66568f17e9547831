use actix_web::web::{Data, Json};
use contracts::answers::Person;
use platform::http::edge::{Body, Caller};
use platform::http::problem::Problem;
use platform::postgres::Pool;

use super::{Name, store};
use crate::access::gone;

/// `GET /v1/me`.
pub(crate) async fn me(caller: Caller, pool: Data<Pool>) -> Result<Json<Person>, Problem> {
    store::read(&pool, caller).await?.map(Json).ok_or_else(gone)
}

/// `PATCH /v1/me`.
pub(crate) async fn change_me(caller: Caller, Body(mut body): Body, pool: Data<Pool>) -> Result<Json<Person>, Problem> {
    let name = body.change("name", Name::from_json);
    let name = body.finish(name)?;
    store::rename(&pool, caller, name.as_ref()).await?.map(Json).ok_or_else(gone)
}
