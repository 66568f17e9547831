use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use contracts::answers::Session;
use platform::clock::Clock;
use platform::http::edge::{Body, CurrentSession, public};
use platform::http::problem::Problem;
use platform::identity::{Signer, TOKEN_LIFE};
use platform::postgres::Pool;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{Current, SessionError, store};
use crate::settings::ApiSettings;

/// The longest token that is looked at; ours have 77 and 90 characters.
const LONGEST: usize = 200;

/// `POST /v1/sessions`: of two uses of one link at once, one gets a session.
pub(crate) async fn begin(
    Body(mut body): Body,
    pool: Data<Pool>,
    clock: Data<Clock>,
    settings: Data<ApiSettings>,
    signer: Data<Signer>,
) -> Result<HttpResponse, Problem> {
    let token = body.required("token", |value| token(value, "from the mail"));
    let token = body.finish(token)?;
    let sign_in = settings.sign_in_keys.verify(&token).ok_or(SessionError::NoLink)?;
    let begun = store::begin(&pool, sign_in, &clock).await?;
    Ok(answer(StatusCode::CREATED, &begun, &settings, &signer)?)
}

/// `POST /v1/sessions/refresh`: takes no access token, since it is for whoever has no good one any more.
pub(crate) async fn refresh(
    Body(mut body): Body,
    pool: Data<Pool>,
    settings: Data<ApiSettings>,
    signer: Data<Signer>,
) -> Result<HttpResponse, Problem> {
    let token = body.required("refresh_token", |value| token(value, "that the session was answered with last"));
    let token = body.finish(token)?;
    let token = settings.refresh_keys.read_token(&token).ok_or(SessionError::NoRefreshToken)?;
    let renewed = store::refresh(&pool, token).await?;
    Ok(answer(StatusCode::OK, &renewed, &settings, &signer)?)
}

/// `DELETE /v1/sessions/current`: the one that the access token names, which stays good until it expires. One that names
/// none is all that there is of its session.
pub(crate) async fn end(session: CurrentSession, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    if let Some(id) = session.id {
        store::end(&pool, id, session.caller).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /.well-known/jwks.json`: the keys that access tokens are checked with.
pub(crate) async fn public_keys(settings: Data<ApiSettings>) -> HttpResponse {
    public(HttpResponse::Ok().json(settings.public_keys.document()))
}

fn answer(
    status: StatusCode,
    current: &Current,
    settings: &ApiSettings,
    signer: &Signer,
) -> Result<HttpResponse, SessionError> {
    let (access_token, _) = signer.mint(current.person.0, current.refresh.session.0)?;
    let refresh_token = settings.refresh_keys.write(current.refresh);
    Ok(HttpResponse::build(status).json(Session {
        access_token: access_token.expose_secret().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: TOKEN_LIFE.as_secs(),
        refresh_token,
        refresh_token_expires_in: current.lasts.as_secs(),
        person_id: current.person,
    }))
}

/// A token, as it was pasted: what breaks its line in some mail clients is none of it.
fn token(value: &Value, which: &str) -> Result<String, String> {
    let text = value.as_str().map(|text| text.split_whitespace().collect::<String>());
    text.filter(|text| (1..=LONGEST).contains(&text.len()))
        .ok_or_else(|| format!("is not a token: wanted the one {which}"))
}
