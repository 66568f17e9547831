//! Bodies read and answers written.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::Value;

use crate::answer::Answer;
use crate::refusal::Refusal;

/// The largest body that is read, in bytes: a configuration with files is some hundred thousand.
const LARGEST_BODY: usize = 4 << 20;

/// The whole body as JSON, if there is one.
pub(super) async fn read(payload: Payload) -> Result<Option<Value>, Refusal> {
    let malformed = |what: &dyn std::fmt::Display| Refusal::malformed(format!("the body: {what}"));
    let body = payload.to_bytes_limited(LARGEST_BODY).await.map_err(|error| malformed(&error))?;
    let body = body.map_err(|error| malformed(&error))?;
    if body.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&body).map(Some).map_err(|error| malformed(&error))
}

/// An answer as HTTP; none is a cut connection.
pub(super) fn reply(answer: Option<Answer>) -> HttpResponse {
    let Some(answer) = answer else {
        // With a type of its own, so that nobody on the way takes it for an answer without a body and writes a whole one.
        return HttpResponse::Ok().content_type("application/json").body(Cut);
    };
    // A plan of faults may name what is no status at all.
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponseBuilder::new(status);
    response.insert_header(("fly-request-id", answer.request_id));
    if let Some(seconds) = answer.retry_after_s {
        response.insert_header(("retry-after", seconds.to_string()));
    }
    if answer.body.is_empty() { response.finish() } else { response.content_type("application/json").body(answer.body) }
}

/// A body that fails at its first byte: the server gives the connection up, and what it has of the answer with it.
struct Cut;

impl MessageBody for Cut {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(64)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::other("cut, as the plan of faults has it"))))
    }
}
