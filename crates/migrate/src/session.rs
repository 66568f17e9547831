//! The one connection of a run.

use std::time::Duration;

use platform::postgres::Alone;

use crate::{Error, MigrateSettings};

/// Opens the connection and sets what holds for all its statements.
pub(crate) async fn open(settings: &MigrateSettings) -> Result<Alone, Error> {
    let client = settings.postgres.connect("migrate").await.map_err(Error::Connect)?;
    client.batch_execute(&preamble(settings)).await.map_err(Error::refused("set up the session"))?;
    Ok(client)
}

fn preamble(settings: &MigrateSettings) -> String {
    // A schema of the login's own name would otherwise come before `public`. A server whose client was killed looks for
    // it once a second, also within a statement, so that the next run does not wait for a run that nobody sees.
    format!(
        "SET search_path = public;
         SET lock_timeout = {};
         SET statement_timeout = {};
         SET client_connection_check_interval = '1s';
         SET client_min_messages = warning;",
        milliseconds(settings.lock_timeout),
        milliseconds(settings.statement_timeout),
    )
}

/// Never 0, which would mean no bound at all.
fn milliseconds(duration: Duration) -> u128 {
    duration.as_millis().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_never_becomes_none() {
        assert_eq!(milliseconds(Duration::from_micros(3)), 1);
        assert_eq!(milliseconds(Duration::from_secs(5)), 5_000);
    }
}
