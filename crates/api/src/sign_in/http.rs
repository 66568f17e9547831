use actix_web::HttpResponse;
use actix_web::web::Data;
use platform::clock::Clock;
use platform::guard::quota::Tally;
use platform::http::edge::{Body, ClientAddress};
use platform::http::problem::Problem;
use platform::postgres::Pool;

use super::{Address, ring, store};
use crate::settings::ApiSettings;

/// `POST /v1/sign-in`: 202 for every address, so that nobody learns who is a member, and also where no further mail goes
/// out: the links that did are good.
pub(crate) async fn begin(
    Body(mut body): Body,
    client: ClientAddress,
    tally: Tally,
    pool: Data<Pool>,
    clock: Data<Clock>,
    settings: Data<ApiSettings>,
) -> Result<HttpResponse, Problem> {
    let address = body.required("email", Address::parse);
    let address = body.finish(address)?;
    let keys = &settings.sign_in_keys;
    if let Ok(counted) = ring::count(tally, keys, client, &address).await {
        let begun = store::begin(&pool, &clock, &address, keys.newest()).await;
        if begun.is_err() {
            counted.give_back().await;
        }
        begun?;
    }
    Ok(HttpResponse::Accepted().finish())
}
