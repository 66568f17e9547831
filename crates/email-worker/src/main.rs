//! Empties the outbox: claims mails in batches and hands them to Resend.

use std::process::ExitCode;

use contracts::schema;
use email_worker::key_check::KeyCheck;
use email_worker::settings::Settings;
use email_worker::{store, worker};
use platform::function::Function;
use platform::postgres::outbox;

fn main() -> ExitCode {
    Function::<Settings>::named("email-worker", "sends the mails of the outbox through Resend")
        .postgres(schema::of(env!("CARGO_PKG_NAME")))
        .checks(|settings, degraded| vec![Box::new(KeyCheck::new(settings, degraded.clone()))])
        .background("worker", worker::run)
        .background("outbox depth", outbox::export_depth)
        .sweep(store::SWEEP)
        .run()
}
