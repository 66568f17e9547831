//! Applications: apply, one's own, and those that a company received.

mod access;
mod apply;
mod list;
mod routes;

use std::process::ExitCode;

use contracts::schema;
use platform::function::Function;
use platform::postgres::outbox;

fn main() -> ExitCode {
    Function::<()>::named("applications", "apply for jobs and see applications")
        .postgres(schema::of(env!("CARGO_PKG_NAME")))
        .redis()
        .identity()
        .idempotency()
        .problems(contracts::problems::OF_APPLICATIONS)
        .routes(|config, ()| routes::routes(config))
        .critical("/v1/applications")
        // It always runs, so the workers can be scaled by what it sees.
        .background("outbox depth", outbox::export_depth)
        .run()
}
