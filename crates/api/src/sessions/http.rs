use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use contracts::answers::Session;
use contracts::problems::BAD_SIGN_IN_TOKEN;
use platform::clock::Clock;
use platform::http::edge::Body;
use platform::http::problem::Problem;
use platform::identity::{Signer, TOKEN_LIFE};
use platform::postgres::Pool;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::store;
use crate::settings::ApiSettings;

/// The longest token that is looked at; ours have 64 characters.
const LONGEST: usize = 200;

/// `POST /v1/sessions`: of two uses of one link at once, one gets a session.
pub(crate) async fn begin(
    Body(mut body): Body,
    pool: Data<Pool>,
    clock: Data<Clock>,
    settings: Data<ApiSettings>,
    signer: Data<Signer>,
) -> Result<HttpResponse, Problem> {
    let token = body.required("token", token);
    let token = body.finish(token)?;
    let sign_in = settings.sign_in_keys.verify(&token).ok_or(BAD_SIGN_IN_TOKEN)?;
    let person = store::begin(&pool, sign_in, &clock).await?.ok_or(BAD_SIGN_IN_TOKEN)?;
    let (access_token, _) = signer.mint(person.0).map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(Session {
        access_token: access_token.expose_secret().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: TOKEN_LIFE.as_secs(),
        person_id: person,
    }))
}

/// `GET /.well-known/jwks.json`: the keys that access tokens are checked with.
pub(crate) async fn public_keys(settings: Data<ApiSettings>) -> Json<Value> {
    Json(serde_json::to_value(settings.public_keys.document()).unwrap_or_default())
}

fn token(value: &Value) -> Result<String, String> {
    let text = value.as_str().map(str::trim).filter(|text| (1..=LONGEST).contains(&text.len()));
    text.map(str::to_owned).ok_or_else(|| "is not a token: wanted the one from the mail".to_owned())
}
