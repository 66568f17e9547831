use actix_web::web::{Data, Json};
use platform::http::problem::Problem;
use platform::postgres::Pool;

use super::{Moment, store};

/// `GET /v1/newcomer`.
pub(crate) async fn now(pool: Data<Pool>) -> Result<Json<Moment>, Problem> {
    Ok(Json(store::now(&pool).await?))
}
