//! What no route answers.

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::reply::refuse;
use crate::problem::Problem;

/// No such path.
pub(crate) async fn not_found() -> HttpResponse {
    refuse(Problem::not_found("The requested endpoint does not exist."))
}

/// A path of Resend's that is not modelled here.
pub(crate) async fn not_here(request: HttpRequest) -> HttpResponse {
    refuse(Problem::not_here(&format!("`{}`", request.path())))
}

/// A path that knows these methods and no other.
pub(crate) fn method_not_allowed(allow: &'static str) -> HttpResponse {
    let message = "This endpoint does not support the specified HTTP method.";
    let mut refused = refuse(Problem::new(405, "method_not_allowed", message));
    refused.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    refused
}
