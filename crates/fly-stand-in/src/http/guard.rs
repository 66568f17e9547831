//! Who may come in: whoever shows the token. No page of another site can.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::Data;
use platform::http::edge::once;

use super::reply::reply;
use crate::answer::Answer;
use crate::refusal::Refusal;
use crate::routes::Token;
use crate::shared::Shared;

/// Lets a caller with the token through.
pub(crate) async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let data = (request.app_data::<Data<Shared>>(), request.app_data::<Data<Token>>());
    let refused = match data {
        (Some(fly), Some(token)) => refused(request.headers(), fly, token),
        _ => None,
    };
    match refused {
        None => next.call(request).await.map(ServiceResponse::map_into_left_body),
        Some(answer) => Ok(request.into_response(reply(Some(answer))).map_into_right_body()),
    }
}

/// The answer to who does not show the token.
pub(super) fn refused(headers: &HeaderMap, fly: &Shared, token: &Token) -> Option<Answer> {
    let shown = once(headers.get_all(AUTHORIZATION)).ok().flatten().and_then(|value| value.to_str().ok());
    // Fly takes both schemes.
    let shown = shown.and_then(|shown| shown.strip_prefix("FlyV1 ").or_else(|| shown.strip_prefix("Bearer ")));
    if shown == Some(token.0.as_str()) {
        return None;
    }
    let Refusal { status, body } = Refusal::new(401, "Authenticate: token validation error");
    Some(Answer::new(&fly.with(|fly, _| fly.request_id()), status, &body))
}
