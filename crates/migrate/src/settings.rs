use std::time::Duration;

use platform::config::{Reader, Settings, setting};
use platform::postgres::PostgresSettings;

/// How `migrate` reaches the database, and how long it waits there.
#[derive(Clone, Debug)]
pub struct MigrateSettings {
    /// The database. Its login owns it; a pooler in between would lose the lock, which is the session's.
    pub postgres: PostgresSettings,
    /// How long to wait for another run to end.
    pub lock_wait: Duration,
    /// How long a statement may wait for a lock of a table. All traffic on the table queues up behind that wait.
    pub lock_timeout: Duration,
    /// How often a migration that waited too long is tried, the first time included. Before each other time traffic has as
    /// long to itself as it had to wait.
    pub lock_tries: usize,
    /// How long a statement may take.
    pub statement_timeout: Duration,
}

impl Settings for MigrateSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let postgres = PostgresSettings::read(from);
        // A deploy that waits longer than a minute for another one should rather be looked at.
        let lock_wait =
            from.seconds(setting("LOCK_WAIT_S", "how long to wait for another migrate"), 0.0..=3600.0, 60.0);
        // Callers give up after 10 s; half of it leaves them an answer.
        let lock_timeout = from.seconds(
            setting("LOCK_TIMEOUT_S", "how long a statement may wait for a lock, and all traffic behind it"),
            0.1..=60.0,
            5.0,
        );
        // A report or a vacuum that takes minutes is waited for; what takes longer is for a person.
        let lock_tries = from.count(
            setting("LOCK_TRIES", "how often a migration is tried that waited too long for a lock"),
            1..=100,
            10,
        );
        let statement_timeout =
            from.seconds(setting("STATEMENT_TIMEOUT_S", "how long a statement may take"), 0.1..=3600.0, 60.0);
        Some(Self {
            postgres: postgres?,
            lock_wait: lock_wait?,
            lock_timeout: lock_timeout?,
            lock_tries: lock_tries?,
            statement_timeout: statement_timeout?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<MigrateSettings, String> {
        // Nobody else in this process chooses another one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = [("DATABASE_URL", "postgres://u:p@h/d?sslmode=disable")];
        let pairs = address.iter().chain(pairs);
        let mut reader = Reader::new(pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = MigrateSettings::read(&mut reader);
        reader.finish(settings).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn the_defaults_keep_traffic_moving() {
        let settings = read(&[]).expect("the address is enough");
        assert_eq!(settings.lock_wait, Duration::from_secs(60));
        assert_eq!(settings.lock_timeout, Duration::from_secs(5));
        assert_eq!((settings.lock_tries, settings.statement_timeout), (10, Duration::from_secs(60)));
    }

    #[test]
    fn a_lock_timeout_of_zero_is_refused_because_to_the_server_it_means_forever() {
        let told = read(&[("LOCK_TIMEOUT_S", "0"), ("STATEMENT_TIMEOUT_S", "0")]).expect_err("both are wrong");
        assert!(told.contains("LOCK_TIMEOUT_S is \"0\"") && told.contains("STATEMENT_TIMEOUT_S is \"0\""), "{told}");
    }

    #[test]
    fn not_waiting_for_another_run_is_allowed() {
        assert_eq!(read(&[("LOCK_WAIT_S", "0")]).expect("zero is fine").lock_wait, Duration::ZERO);
    }
}
