use actix_web::HttpResponse;
use actix_web::web::Data;
use platform::clock::Clock;
use platform::http::edge::Body;
use platform::http::problem::Problem;
use platform::postgres::Pool;

use super::{Address, store};
use crate::settings::ApiSettings;

/// `POST /v1/sign-in`: 202 for every address, so that nobody learns who is a member.
pub(crate) async fn begin(
    Body(mut body): Body,
    pool: Data<Pool>,
    clock: Data<Clock>,
    settings: Data<ApiSettings>,
) -> Result<HttpResponse, Problem> {
    let address = body.required("email", Address::parse);
    let address = body.finish(address)?;
    store::begin(&pool, &clock, &address, settings.sign_in_keys.newest()).await?;
    Ok(HttpResponse::Accepted().finish())
}
