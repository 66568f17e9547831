//! The whole URL table.

use actix_web::web::{self, ServiceConfig};

use crate::http::{control, emails, inbox, refusal};

/// Registers every route. The app must hold a [`web::Data`] of [`Shared`](crate::Shared), made once, outside
/// of the closure that builds the app of each worker.
pub fn routes(config: &mut ServiceConfig) {
    let not_allowed = || web::to(refusal::method_not_allowed);
    config
        .service(web::resource("/emails").route(web::post().to(emails::send)).default_service(not_allowed()))
        .service(
            web::resource("/emails/batch").route(web::post().to(emails::send_batch)).default_service(not_allowed()),
        )
        .service(web::resource("/emails/{id}").route(web::get().to(emails::find)).default_service(not_allowed()))
        .service(web::resource("/").route(web::get().to(inbox::list)).default_service(not_allowed()))
        .service(web::resource("/inbox.json").route(web::get().to(inbox::json)).default_service(not_allowed()))
        .service(web::resource("/inbox/{id}").route(web::get().to(inbox::mail)).default_service(not_allowed()))
        .service(
            web::resource("/control/behaviour")
                .route(web::get().to(control::behaviour))
                .route(web::post().to(control::change))
                .default_service(not_allowed()),
        )
        .service(
            web::resource("/control/deliveries")
                .route(web::get().to(control::deliveries))
                .route(web::delete().to(control::clear))
                .default_service(not_allowed()),
        )
        .default_service(web::to(refusal::not_found));
}
