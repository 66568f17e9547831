//! newcomer: tells the time, until it has something better to tell.

mod moment;
mod routes;

use std::process::ExitCode;

use contracts::schema;
use platform::function::Function;

fn main() -> ExitCode {
    Function::<()>::named("newcomer", "tells the time by the database's clock")
        .postgres(schema::of(env!("CARGO_PKG_NAME")))
        .routes(|config, ()| routes::routes(config))
        .critical("/v1/newcomer")
        .run()
}
