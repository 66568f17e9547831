//! The whole URL table.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};

use crate::guests::Guests;
use crate::http::{api, control, guard, guests};
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

/// Registers every route of a Fly where nothing real runs.
pub fn routes(config: &mut ServiceConfig, door: Door) {
    routes_with(config, door, None);
}

/// Registers every route.
pub(crate) fn routes_with(config: &mut ServiceConfig, door: Door, known: Option<Arc<Guests>>) {
    config
        .app_data(Data::new(known))
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
                .route("/programs", web::post().to(guests::programs))
                .route("/guests", web::get().to(guests::guests))
                .route("/signal", web::post().to(guests::signal))
                .wrap(actix_web::middleware::from_fn(guard::check)),
        )
        .default_service(web::to(api::call));
}
