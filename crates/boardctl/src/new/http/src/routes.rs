//! The whole URL table.

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use platform::http::routes::{on, resource};

use super::moment;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(resource("/v1/newcomer", [on(Method::GET, moment::http::now)]));
}
