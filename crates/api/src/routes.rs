//! The whole URL table.

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use platform::http::routes::{on, resource};

use crate::settings::ApiSettings;
use crate::{companies, jobs, people, sessions, sign_in};

pub(crate) fn routes(config: &mut ServiceConfig, settings: &ApiSettings) {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    config
        .app_data(settings.signer.clone())
        .service(resource("/v1/sign-in", [on(post.clone(), sign_in::http::begin)]))
        .service(resource("/v1/sessions", [on(post.clone(), sessions::http::begin)]))
        .service(resource("/v1/sessions/refresh", [on(post.clone(), sessions::http::refresh)]))
        .service(resource("/v1/sessions/current", [on(delete, sessions::http::end)]))
        .service(resource("/.well-known/jwks.json", [on(get.clone(), sessions::http::public_keys)]))
        .service(resource("/v1/me", [on(get.clone(), people::http::me), on(patch.clone(), people::http::change_me)]))
        .service(resource(
            "/v1/companies",
            [on(get.clone(), companies::http::mine), on(post.clone(), companies::http::make)],
        ))
        .service(resource(
            "/v1/companies/{id}",
            [on(get.clone(), companies::http::read), on(patch.clone(), companies::http::change)],
        ))
        .service(resource("/v1/jobs", [on(get.clone(), jobs::http::list), on(post.clone(), jobs::http::make)]))
        .service(resource("/v1/jobs/{id}", [on(get, jobs::http::read), on(patch, jobs::http::change)]))
        .service(resource("/v1/jobs/{id}/publish", [on(post.clone(), jobs::http::publish)]))
        .service(resource("/v1/jobs/{id}/close", [on(post, jobs::http::close)]));
}
