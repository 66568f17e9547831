//! The whole URL table.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};

use crate::http::{api, control, guard};
use crate::shared::Shared;

/// The one token that is taken, without a scheme.
#[derive(Clone, Debug)]
pub struct Token(pub String);

/// What the routes need: Fly, and who may come in.
#[derive(Clone)]
pub struct Door {
    /// Fly.
    pub fly: Arc<Shared>,
    /// Who may come in.
    pub token: Token,
}

/// Registers every route.
pub fn routes(config: &mut ServiceConfig, door: Door) {
    config
        .app_data(Data::from(door.fly))
        .app_data(Data::new(door.token))
        .service(
            web::scope("/control")
                .route("/state", web::get().to(control::state))
                .route("/settings", web::post().to(control::settings))
                .route("/apps", web::post().to(control::app))
                .route("/behaviour", web::post().to(control::behaviour))
                .route("/faults", web::post().to(control::plan))
                .route("/faults", web::delete().to(control::clear))
                .route("/happen", web::post().to(control::happen))
                .route("/knock", web::post().to(control::knock))
                .route("/routed", web::get().to(control::routed))
                .wrap(actix_web::middleware::from_fn(guard::check)),
        )
        .default_service(web::to(api::call));
}
