//! What no route answers.

use actix_web::HttpResponse;

use super::reply::refuse;
use crate::problem::Problem;

/// No such path.
pub(crate) async fn not_found() -> HttpResponse {
    refuse(Problem::not_found("The requested endpoint does not exist."))
}

/// A path that does not know the method.
pub(crate) async fn method_not_allowed() -> HttpResponse {
    let message = "This endpoint does not support the specified HTTP method.";
    refuse(Problem::new(405, "method_not_allowed", message))
}
