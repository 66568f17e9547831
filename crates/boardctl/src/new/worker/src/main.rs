//! newcomer: counts what migrate applied, until it has something better to do.

mod round;
mod settings;
mod telemetry;
mod worker;

use std::process::ExitCode;

use contracts::schema;
use platform::function::Function;

use settings::Settings;

fn main() -> ExitCode {
    Function::<Settings>::named("newcomer", "counts the migrations that were applied, again and again")
        .postgres(schema::of(env!("CARGO_PKG_NAME")))
        .background("worker", worker::run)
        .run()
}
