//! The control surface: for tests, and nothing of Fly's.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Payload, Query};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::reply::read;
use crate::behaviour::{Behaviour, Whose};
use crate::fault::Fault;
use crate::fly::Happening;
use crate::settings::Settings;
use crate::shared::Shared;

/// A body of the control surface, or what is wrong with it.
pub(super) async fn body<T: DeserializeOwned>(payload: Payload) -> Result<T, String> {
    let body = read(payload).await.map_err(|refusal| refusal.body["error"].to_string())?;
    serde_json::from_value(body.unwrap_or_default()).map_err(|error| error.to_string())
}

pub(super) fn said(outcome: Result<Value, String>) -> HttpResponse {
    match outcome {
        Ok(value) => HttpResponse::Ok().json(value),
        Err(error) => HttpResponse::BadRequest().json(json!({ "error": error })),
    }
}

pub(super) fn done() -> Value {
    json!({ "ok": true })
}

/// `GET /control/state`: all of it.
pub(crate) async fn state(fly: Data<Shared>) -> Json<Value> {
    Json(fly.with(|fly, _| fly.state()))
}

/// `POST /control/settings`: changes what the body names and answers all settings.
pub(crate) async fn settings(payload: Payload, fly: Data<Shared>) -> HttpResponse {
    let change = body::<serde_json::Map<String, Value>>(payload).await;
    said(change.and_then(|change| {
        fly.with(|fly, _| {
            let mut settings = json!(fly.settings());
            change.into_iter().for_each(|(key, value)| settings[key] = value);
            let changed = Settings::deserialize(&settings).map_err(|error| error.to_string())?;
            fly.set(changed);
            Ok(json!(fly.settings()))
        })
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Name {
    name: String,
}

/// `POST /control/apps`: one more.
pub(crate) async fn app(payload: Payload, fly: Data<Shared>) -> HttpResponse {
    let app = body::<Name>(payload).await;
    said(app.map(|app| {
        fly.with(|fly, _| fly.app(&app.name));
        done()
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behaves {
    of: Whose,
    behaviour: Behaviour,
}

/// `POST /control/behaviour`: what machines do from now on.
pub(crate) async fn behaviour(payload: Payload, fly: Data<Shared>) -> HttpResponse {
    let behaves = body::<Behaves>(payload).await;
    said(behaves.map(|Behaves { of, behaviour }| {
        fly.with(|fly, _| fly.behave(of, behaviour));
        done()
    }))
}

/// `POST /control/faults`: what goes wrong, beside what is planned already.
pub(crate) async fn plan(payload: Payload, fly: Data<Shared>) -> HttpResponse {
    let faults = body::<Vec<Fault>>(payload).await;
    said(faults.map(|faults| {
        fly.with(|fly, _| faults.into_iter().for_each(|fault| fly.plan(fault)));
        done()
    }))
}

/// `DELETE /control/faults`
pub(crate) async fn clear(fly: Data<Shared>) -> HttpResponse {
    fly.with(|fly, _| fly.clear_plan());
    said(Ok(done()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Happens {
    machine: String,
    what: Happening,
}

/// `POST /control/happen`: something happens to a machine.
pub(crate) async fn happen(payload: Payload, fly: Data<Shared>) -> HttpResponse {
    let happens = body::<Happens>(payload).await;
    said(happens.and_then(|Happens { machine, what }| {
        let happened = fly.with(|fly, now| fly.happen(now, &machine, &what));
        happened.map(|()| done()).map_err(|not_now| not_now.to_string())
    }))
}

/// `POST /control/knock`: a request comes and nobody is there for it.
pub(crate) async fn knock(payload: Payload, fly: Data<Shared>) -> HttpResponse {
    let app = body::<Name>(payload).await;
    said(app.map(|app| json!({ "woken": fly.with(|fly, now| fly.knock(now, &app.name)) })))
}

/// `GET /control/routed?name=APP`: the machines that its requests go to.
pub(crate) async fn routed(app: Query<Name>, fly: Data<Shared>) -> Json<Value> {
    Json(json!({ "routed": fly.routed(&app.name) }))
}
