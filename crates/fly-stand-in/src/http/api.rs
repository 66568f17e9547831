//! Fly's API: every path that is not under `/control`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use platform::http::edge::once;

use super::guard;
use super::reply::{read, reply};
use crate::act::Request;
use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::routes::Token;
use crate::shared::Shared;

/// Any call.
pub(crate) async fn call(http: HttpRequest, payload: Payload, fly: Data<Shared>, token: Data<Token>) -> HttpResponse {
    if let Some(refused) = guard::refused(http.headers(), &fly, &token) {
        return reply(Some(refused));
    }
    let body = match read(payload).await {
        Ok(body) => body,
        Err(Refusal { status, body }) => {
            return reply(Some(Answer::new(&fly.with(|fly, _| fly.request_id()), status, &body)));
        }
    };
    let nonce = once(http.headers().get_all("fly-machine-lease-nonce")).ok().flatten();
    let request = Request {
        method: http.method().as_str().to_owned(),
        path: http.uri().path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default(),
        nonce: nonce.and_then(|nonce| nonce.to_str().ok()).map(str::to_owned),
        body,
    };
    reply(fly.carry(&request).await)
}
