//! The whole URL table.

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use platform::http::routes::{on, resource};

use crate::{apply, list};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(resource(
            "/v1/jobs/{id}/applications",
            [on(Method::POST, apply::http::apply), on(Method::GET, list::http::of_job)],
        ))
        .service(resource("/v1/applications", [on(Method::GET, list::http::mine)]));
}
