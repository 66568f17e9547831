use actix_web::HttpResponse;
use actix_web::web::Data;
use contracts::address::Address;
use platform::clock::Clock;
use platform::guard::quota::QuotaMetrics;
use platform::http::edge::{Body, ClientAddress};
use platform::http::problem::Problem;
use platform::postgres::Pool;
use serde_json::Value;

use super::store::{Asked, Begun};
use super::{bounds, store};
use crate::settings::ApiSettings;

/// `POST /v1/sign-in`: 202 for every address, so that nobody learns who is a member. Where no mail will come, it says so:
/// what is counted for that depends on who asked for links and who used them, never on whether there is such a person.
pub(crate) async fn begin(
    Body(mut body): Body,
    client: ClientAddress,
    pool: Data<Pool>,
    clock: Data<Clock>,
    settings: Data<ApiSettings>,
    metrics: Data<QuotaMetrics>,
) -> Result<HttpResponse, Problem> {
    let address = body.required("email", address);
    let address = body.finish(address)?;
    let (keys, limits) = (&settings.sign_in_keys, settings.sign_in_bounds);
    let client = keys.blind(&[&client.network().octets()]);
    let asked = Asked { address: &address, client: &client, key_id: keys.newest() };
    match store::begin(&pool, &clock, &limits, &asked).await? {
        // No RateLimit: what is left of an address would tell whoever asks how often others did.
        Begun::Mailed => {
            bounds::count(&metrics, None);
            Ok(HttpResponse::Accepted().finish())
        }
        Begun::Full(bound, after) => {
            bounds::count(&metrics, Some(bound));
            Err(limits.refusal(bound, after))
        }
    }
}

fn address(value: &Value) -> Result<Address, String> {
    let text = value.as_str().ok_or("is not a text: wanted a mail address")?;
    Address::parse(text).map_err(|error| error.to_string())
}
