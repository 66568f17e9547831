//! Resend's API.

use actix_web::http::header::{AUTHORIZATION, USER_AGENT};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use platform::http::edge::once;

use super::reply::{read, refuse, reply};
use crate::answer::Answer;
use crate::idempotency::Endpoint;
use crate::problem::Problem;
use crate::shared::Shared;
use crate::team::{Caller, Request, Submission, Ticket};

/// `POST /emails`
pub(crate) async fn send(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    submit(Endpoint::Single, &request, payload, shared).await
}

/// `POST /emails/batch`
pub(crate) async fn send_batch(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    submit(Endpoint::Batch, &request, payload, shared).await
}

/// `GET /emails/{id}`
pub(crate) async fn find(request: HttpRequest, id: Path<String>, shared: Data<Shared>) -> HttpResponse {
    reply(shared.with(|team, now| team.email(now, &caller(&request), &id)))
}

async fn submit(endpoint: Endpoint, http: &HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let body = match read(payload).await {
        Ok(body) => body,
        Err(problem) => return refuse(problem),
    };
    let request = Request {
        endpoint,
        caller: caller(http),
        // One whose bytes are no text, or of several, is as bad as one of no length.
        key: match once(http.headers().get_all("idempotency-key")) {
            Ok(key) => key.map(|key| key.to_str().unwrap_or_default()),
            Err(_) => Some(""),
        },
        validation: header(http, "x-batch-validation"),
        body: &body,
    };
    match shared.with(|team, now| team.submit(now, &request)) {
        Submission::Answered(answer) => reply(answer),
        Submission::UnderWay(ticket) => {
            // On a task of its own: a caller that gives up drops this handler, but not the work. That is how
            // a mail is accepted although its sender never heard so.
            let work = rt::spawn(settle(shared, ticket));
            work.await.map_or_else(|_| refuse(Problem::application_error()), reply)
        }
    }
}

async fn settle(shared: Data<Shared>, ticket: Ticket) -> Answer {
    // Even a sleep of nothing waits for the timer's next tick.
    if !ticket.latency.is_zero() {
        rt::time::sleep(ticket.latency).await;
    }
    shared.with(|team, now| team.settle(now, ticket))
}

fn caller(http: &HttpRequest) -> Caller<'_> {
    Caller { user_agent: header(http, USER_AGENT.as_str()), authorization: header(http, AUTHORIZATION.as_str()) }
}

fn header<'a>(http: &'a HttpRequest, name: &str) -> Option<&'a str> {
    once(http.headers().get_all(name)).ok().flatten().and_then(|value| value.to_str().ok())
}
