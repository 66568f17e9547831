//! People, sign-in, companies and jobs.

mod access;
mod companies;
mod jobs;
mod people;
mod routes;
mod sessions;
mod settings;
mod sign_in;

use std::process::ExitCode;

use contracts::schema;
use platform::function::Function;

use settings::ApiSettings;

fn main() -> ExitCode {
    Function::<ApiSettings>::named("api", "people, sign-in, companies and jobs")
        .postgres(schema::of(env!("CARGO_PKG_NAME")))
        .identity()
        .idempotency()
        .fallback()
        .problems(contracts::problems::OF_API)
        .routes(routes::routes)
        .critical("/v1/jobs")
        .sweep(sign_in::SWEEP)
        .sweep(sessions::SWEEP)
        .run()
}
