//! The command line: settings from the environment, one argument at most, and an exit code.

use std::error::Error as _;
use std::process::ExitCode;
use std::time::Instant;

use platform::config::{EXIT_MISCONFIGURED, Reader, Settings as _};

use crate::{Error, MigrateSettings};

/// Runs: 0 when the database is where it should be, 1 when it is not, 64 for wrong settings or arguments.
#[must_use]
pub fn run(argument: Option<&str>, mut reader: Reader) -> ExitCode {
    let settings = MigrateSettings::read(&mut reader);
    match argument {
        None => {}
        Some("--help" | "-h") => {
            println!("{}", help(&reader));
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("migrate: \"{other}\" is not known: wanted no argument, or --help");
            return ExitCode::from(EXIT_MISCONFIGURED);
        }
    }
    reader.notices().iter().for_each(|notice| eprintln!("migrate: {notice}"));
    match reader.finish(settings) {
        Ok(settings) => go(&settings),
        Err(mistakes) => {
            eprintln!("migrate: {mistakes}\n`migrate --help` lists every setting.");
            ExitCode::from(EXIT_MISCONFIGURED)
        }
    }
}

fn help(reader: &Reader) -> String {
    format!(
        "migrate: brings schema, roles and grants forward, before new code\n\nSettings, from the environment:\n\n{}",
        reader.help()
    )
}

/// Everything that is awaited here is awaited one after the other: one thread is enough.
fn go(settings: &MigrateSettings) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("migrate: no runtime could be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let began = Instant::now();
    match runtime.block_on(crate::forward(settings, &|line| println!("migrate: {line}"))) {
        Ok(_) => {
            println!("migrate: done in {} ms", began.elapsed().as_millis());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("migrate: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and all its causes in one text.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_setting_with_unit_and_default() {
        let mut reader = Reader::new([]);
        assert!(MigrateSettings::read(&mut reader).is_none());
        insta::assert_snapshot!(help(&reader), @r"
        migrate: brings schema, roles and grants forward, before new code

        Settings, from the environment:

          DATABASE_URL
              the database
              a connection string as libpq reads it, such as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with sslmode=disable, require or verify-full (the default); required
          DATABASE_CA_FILE
              for verify-full, who may vouch for the server; by default the web's. The same as sslrootcert
              the path of a PEM file of certificates; default none
          SSL_CERT_FILE
              who may vouch for others, beside those who are built in
              the path of a PEM file; default none
          SSL_CERT_DIR
              who may vouch for others, as `openssl rehash` leaves them
              the path of a directory of PEM files, named by their hashes; several with : between them; default none
          LOCK_WAIT_S
              how long to wait for another migrate
              seconds from 0 to 3600, decimals allowed; default 60
          LOCK_TIMEOUT_S
              how long a statement may wait for a lock, and all traffic behind it
              seconds from 0.1 to 60, decimals allowed; default 5
          LOCK_TRIES
              how often a migration is tried that waited too long for a lock
              a whole number from 1 to 100; default 10
          STATEMENT_TIMEOUT_S
              how long a statement may take
              seconds from 0.1 to 3600, decimals allowed; default 60
        ");
    }

    #[test]
    fn an_argument_that_is_not_known_is_a_mistake() {
        assert_eq!(run(Some("--force"), Reader::new([])), ExitCode::from(EXIT_MISCONFIGURED));
    }

    #[test]
    fn help_needs_no_settings() {
        assert_eq!(run(Some("--help"), Reader::new([])), ExitCode::SUCCESS);
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let error = Error::Connect(platform::postgres::Error::Connect("Connection refused".to_owned()));
        assert_eq!(
            told(&error),
            "the database of DATABASE_URL cannot be reached, nothing was changed: \
             no connection could be opened: Connection refused"
        );
    }
}
