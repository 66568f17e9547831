//! Bodies read and answers written.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::answer::Answer;
use crate::problem::Problem;

/// The largest body that is read, in bytes; a larger one is a 413. Resend takes 40 MB, with attachments: a
/// megabyte is a batch of a hundred letters, and a sender that posts more by mistake should hear of it.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// The whole body, if it is not too large.
pub(super) async fn read(payload: Payload) -> Result<Bytes, Problem> {
    match payload.to_bytes_limited(LARGEST_BODY).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(Problem::unreadable(format!("The body could not be read: {error}."))),
        Err(_) => {
            let message = format!("A body may have {LARGEST_BODY} bytes on this stand-in, and 40 MB on Resend.");
            Err(Problem::new(413, "validation_error", message))
        }
    }
}

/// An answer as HTTP.
pub(super) fn reply(answer: Answer) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(status(answer.status));
    if let Some(rate) = answer.rate {
        response
            .insert_header(("ratelimit-limit", rate.limit.to_string()))
            .insert_header(("ratelimit-remaining", rate.remaining.to_string()))
            .insert_header(("ratelimit-reset", rate.reset.to_string()))
            .insert_header(("ratelimit-policy", format!("{};w=1", rate.limit)));
    }
    if let Some(seconds) = answer.retry_after {
        response.insert_header(("retry-after", seconds.to_string()));
    }
    // With a type of its own, so that nobody on the way takes it for an answer without a body and writes a whole one.
    if answer.cut { response.content_type("application/json").body(Cut) } else { response.json(answer.body) }
}

/// A refusal as HTTP.
pub(super) fn refuse(problem: Problem) -> HttpResponse {
    reply(problem.into())
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).expect("statuses are ours, or checked to be 400 to 599")
}

/// A body that fails at its first byte: the server gives the connection up, and what it has of the answer with it.
struct Cut;

impl MessageBody for Cut {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(64)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::other("cut, as the script of faults has it"))))
    }
}
