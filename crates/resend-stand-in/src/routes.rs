//! The whole URL table.

use std::future::ready;

use actix_web::Resource;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use crate::http::{control, emails, inbox, refusal, visitor};

/// Registers every route. The app must hold a [`web::Data`] of [`Shared`](crate::Shared), made once, outside
/// of the closure that builds the app of each worker.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/emails", "POST").route(web::post().to(emails::send)))
        .service(resource("/emails/batch", "POST").route(web::post().to(emails::send_batch)))
        .service(resource("/emails/{metrics:metrics|receiving}", "").route(web::route().to(refusal::not_here)))
        .service(resource("/emails/{id}", "GET").route(web::get().to(emails::find)))
        .service(resource("/", "GET").route(web::get().to(inbox::list)).wrap(from_fn(visitor::check)))
        .service(resource("/inbox.json", "GET").route(web::get().to(inbox::json)).wrap(from_fn(visitor::check)))
        .service(resource("/inbox/{id}", "GET").route(web::get().to(inbox::mail)).wrap(from_fn(visitor::check)))
        .service(
            resource("/control/behaviour", "GET, POST")
                .route(web::get().to(control::behaviour))
                .route(web::post().to(control::change))
                .wrap(from_fn(visitor::check)),
        )
        .service(
            resource("/control/deliveries", "GET, DELETE")
                .route(web::get().to(control::deliveries))
                .route(web::delete().to(control::clear))
                .wrap(from_fn(visitor::check)),
        )
        .default_service(web::to(refusal::not_found));
}

/// A path, and the methods that it knows.
fn resource(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || ready(refusal::method_not_allowed(allow))))
}
