//! The control surface: for tests, without a key, and nothing of Resend's.

use actix_web::HttpResponse;
use actix_web::web::{Data, Payload};

use super::reply::{read, refuse};
use crate::behaviour::Change;
use crate::problem::Problem;
use crate::shared::Shared;

/// `GET /control/behaviour`
pub(crate) async fn behaviour(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.with(|team, _| team.behaviour()))
}

/// `POST /control/behaviour`: changes what the body names and answers the whole behaviour.
pub(crate) async fn change(payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let body = match read(payload).await {
        Ok(body) => body,
        Err(problem) => return refuse(problem),
    };
    let change: Result<Change, _> = serde_json::from_slice(&body).map_err(|error| error.to_string());
    let changed = shared.with(|team, _| {
        team.change(change?)?;
        Ok::<_, String>(team.behaviour())
    });
    match changed {
        Ok(behaviour) => HttpResponse::Ok().json(behaviour),
        Err(message) => refuse(Problem::unreadable(message)),
    }
}

/// `GET /control/deliveries`
pub(crate) async fn deliveries(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.with(|team, _| team.report()))
}

/// `DELETE /control/deliveries`
pub(crate) async fn clear(shared: Data<Shared>) -> HttpResponse {
    shared.with(|team, _| team.clear());
    HttpResponse::NoContent().finish()
}
