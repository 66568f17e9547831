use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use serde::Serialize;
use uuid::Uuid;

use crate::http::problem::Problem;

/// Marks an answer that was given before.
const REPLAYED: &str = "Idempotency-Replayed";

/// A good answer to a request that made something, to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its status: 2xx.
    pub status: u16,
    /// JSON.
    pub body: String,
    /// Where what was made is.
    pub location: Option<String>,
    /// What was made.
    pub resource: Option<Uuid>,
    /// Whether it was given before.
    pub replayed: bool,
}

impl KeptAnswer {
    /// 201, of what was just made.
    ///
    /// # Errors
    /// When the body cannot be written as JSON.
    pub fn created(body: &impl Serialize, location: String, resource: Uuid) -> Result<Self, Problem> {
        let body = serde_json::to_string(body).map_err(|error| Problem::internal(&error))?;
        Ok(Self { status: 201, body, location: Some(location), resource: Some(resource), replayed: false })
    }
}

impl From<KeptAnswer> for HttpResponse {
    fn from(answer: KeptAnswer) -> Self {
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Self::build(status);
        response.content_type("application/json");
        if let Some(location) = answer.location {
            response.insert_header((LOCATION, location));
        }
        if answer.replayed {
            response.insert_header((REPLAYED, "true"));
        }
        response.body(answer.body)
    }
}
