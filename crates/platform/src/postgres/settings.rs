use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::reach::Reach;
use super::{Alone, tls};
use crate::config::{Reader, Settings, secret_address, setting};
use crate::guard::breaker::BreakerSettings;
use crate::guard::deadline;
use crate::http::failure;
use crate::sabotage;
use crate::telemetry::throttle;

const WANTED: &str = "postgres://USER:PASSWORD@HOST:PORT/DATABASE with sslmode=disable, require or verify-full \
                      (the default)";

/// After how long TCP asks for an idle connection's other end: one that is dead is gone a few seconds later, mostly before
/// anybody wants it.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// And how long after that it asks again, in whole seconds; [`deadline::UNACKNOWLEDGED`] ends it.
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(1);

/// How to reach the database.
#[derive(Clone)]
pub struct PostgresSettings {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    pub(super) reach: Arc<Reach>,
}

/// A database that requests ask, over pools and behind a breaker.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// Where it is.
    pub database: PostgresSettings,
    /// Connections of each pool.
    pub size: usize,
    /// Of the one breaker before it.
    pub breaker: BreakerSettings,
}

impl Settings for PoolSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let database = PostgresSettings::read(from);
        let about = "connections of each worker's pool; with fewer than 4, slowness alone opens no breaker";
        let size = from.count(setting("POOL_SIZE", about), 1..=100, 8);
        let breaker = BreakerSettings::read(from);
        Some(Self { database: database?, size: size?, breaker: breaker? })
    }
}

impl std::fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresSettings").finish_non_exhaustive()
    }
}

impl Settings for PostgresSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let address = from.secret(setting("DATABASE_URL", "the database"), WANTED, address);
        let authorities = from.file(
            setting("DATABASE_CA_FILE", "for verify-full, who may vouch for the server; by default the web's"),
            "a PEM file of certificates",
        );
        let (Address { config, verification }, authorities) = (address?, authorities?);
        let client = match tls::client(verification, authorities.as_deref()) {
            Ok(client) => client,
            Err(reason) => {
                from.mistake(format!("DATABASE_CA_FILE {reason}: wanted the path of a PEM file of certificates"));
                return None;
            }
        };
        Some(Self { config, tls: MakeRustlsConnect::new(client), reach: Arc::default() })
    }
}

impl PostgresSettings {
    /// What each connection of a function asks the server for, by setting: what it cuts, and when.
    pub(crate) fn bounds() -> [(&'static str, String); 3] {
        let unless = |taken_out: bool, bound: Duration| if taken_out { Duration::ZERO } else { bound };
        let statement = unless(sabotage::takes_out("statement timeout"), deadline::STATEMENT);
        let lock = unless(sabotage::takes_out("lock timeout"), deadline::LOCK);
        [
            ("statement_timeout", statement),
            ("lock_timeout", lock),
            ("idle_in_transaction_session_timeout", deadline::IDLE_IN_TRANSACTION),
        ]
        .map(|(name, bound)| (name, format!("{}ms", bound.as_millis())))
    }

    /// The same database, over connections that ask for these bounds as they begin. Settings of a group role do not
    /// reach its members. Said later, by `SET`, they would reach others where a pooler lends the connection on.
    pub(crate) fn bounded(&self) -> Self {
        let ours = Self::bounds().map(|(name, bound)| format!("-c {name}={bound}"));
        let theirs = self.config.get_options().map(str::to_owned);
        let mut config = self.config.clone();
        config.options(theirs.into_iter().chain(ours).collect::<Vec<_>>().join(" "));
        Self { config, tls: self.tls.clone(), reach: self.reach.clone() }
    }

    /// Opens one connection outside of any pool.
    ///
    /// # Errors
    /// When the server cannot be reached in time, or refuses.
    pub async fn connect(&self, application: &str) -> Result<Alone, super::Error> {
        let mut config = self.config.clone();
        config.application_name(application);
        let connecting = deadline::within(deadline::CONNECT, self.reach.open(&config, &self.tls));
        let (client, connection) = connecting
            .await
            .map_err(|_| super::Error::Connect("it took too long".to_owned()))?
            .map_err(|error| unconnected(&error))?;
        Ok(Alone::drive(client, connection))
    }
}

/// Why a connection could not be opened, told also where nobody asks for one but the prober.
pub(super) fn unconnected(error: &tokio_postgres::Error) -> super::Error {
    const TOLD: &str = "PostgreSQL gives no connection";
    let class = class(error);
    if let Some(count) = throttle::due(TOLD, class) {
        if matches!(class, "28P01" | "28000") {
            tracing::error!(class, count, "{TOLD}");
        } else {
            tracing::warn!(class, count, "{TOLD}");
        }
    }
    super::Error::Connect(reason(error))
}

/// A word of a bounded set: the SQLSTATE of those that mean something here, or what happened on the way.
fn class(error: &tokio_postgres::Error) -> &'static str {
    const CODES: [&str; 8] = ["28P01", "28000", "3D000", "42501", "53300", "57P03", "08P01", "XX000"];
    if let Some(refused) = error.as_db_error() {
        return CODES.into_iter().find(|code| *code == refused.code().code()).unwrap_or("other_sqlstate");
    }
    std::error::Error::source(error).and_then(failure::of).unwrap_or("connection_lost")
}

/// Why a connection could not be opened, without the texts of the server, which name users and databases, and those of
/// TLS, which name hosts.
fn reason(error: &tokio_postgres::Error) -> String {
    if let Some(refused) = error.as_db_error() {
        return format!("SQLSTATE {}", refused.code().code());
    }
    match std::error::Error::source(error) {
        Some(source) => tls::reason(source).unwrap_or_else(|| source.to_string()),
        None => error.to_string(),
    }
}

struct Address {
    config: Config,
    verification: tls::Verification,
}

fn address(text: &str) -> Result<Address, &'static str> {
    let mut url = secret_address(text, &["postgres", "postgresql"])?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() < pairs.len() {
        return Err("has a parameter that is given twice");
    }
    let mode = pairs.iter().find(|(name, _)| name == "sslmode").map_or("verify-full", |(_, value)| value);
    let (verification, ssl) = match mode {
        "disable" => (tls::Verification::None, SslMode::Disable),
        "require" => (tls::Verification::None, SslMode::Require),
        "verify-full" => (tls::Verification::Full, SslMode::Require),
        _ => return Err("has an unknown sslmode"),
    };
    let others: Vec<_> = pairs.iter().filter(|(name, _)| name != "sslmode").collect();
    url.set_query(None);
    if !others.is_empty() {
        url.query_pairs_mut().extend_pairs(others);
    }
    // A space is written as forms have it, which libpq's addresses do not know.
    if let Some(query) = url.query().map(|query| query.replace('+', "%20")) {
        url.set_query(Some(&query));
    }
    let mut config: Config = url.as_str().parse().map_err(|_| "has a parameter that is not known here")?;
    // One name, which may have several addresses.
    match config.get_hosts().len() {
        0 => return Err("has no host"),
        1 => {}
        _ => return Err("has more than one host"),
    }
    config
        .ssl_mode(ssl)
        .connect_timeout(deadline::CONNECT)
        .tcp_user_timeout(deadline::UNACKNOWLEDGED)
        .keepalives_idle(KEEPALIVE)
        .keepalives_interval(KEEPALIVE_AGAIN);
    Ok(Address { config, verification })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_modes_are_understood_and_verify_full_is_the_default() {
        for (query, ssl, full) in [
            ("?sslmode=disable", SslMode::Disable, false),
            ("?sslmode=require", SslMode::Require, false),
            ("?sslmode=verify-full", SslMode::Require, true),
            ("", SslMode::Require, true),
        ] {
            let address = address(&format!("postgres://u:p@h:5432/d{query}")).expect("an address");
            assert_eq!(address.config.get_ssl_mode(), ssl);
            assert_eq!(matches!(address.verification, tls::Verification::Full), full);
        }
    }

    #[test]
    fn anything_else_is_refused_by_what_is_wrong_with_it_without_being_shown() {
        for (wrong, why) in [
            ("h:5432", "has no scheme"),
            ("mysql://u:p@h/d", "has an unknown scheme"),
            ("postgres://u:p@h/d?sslmode=prefer", "has an unknown sslmode"),
            ("postgres://u:p@h/d?sslmode=verify-full&sslmode=disable", "has a parameter that is given twice"),
            ("postgres://u:p@h/d?sslrootcert=ca.pem", "has a parameter that is not known here"),
            ("postgres:///d", "has no host"),
            ("postgres://u:p@h,i/d", "has more than one host"),
        ] {
            let mut reader = Reader::new([("DATABASE_URL".to_owned(), wrong.to_owned())]);
            let settings = PostgresSettings::read(&mut reader);
            let told = reader.finish(settings).expect_err(wrong).to_string();
            assert!(told.contains(&format!("DATABASE_URL {why} (its value is not shown)")), "{told}");
            assert!(!told.contains(wrong), "{told}");
        }
    }

    #[test]
    fn bounds_are_asked_for_at_the_start_beside_what_the_address_asks_for() {
        let address = address("postgres://u:p@h/d?sslmode=disable&options=-c%20work_mem%3D8MB").expect("an address");
        let tls = MakeRustlsConnect::new(tls::client(tls::Verification::None, None).expect("a client"));
        let bounded = PostgresSettings { config: address.config, tls, reach: Arc::default() }.bounded();
        let options = bounded.config.get_options().expect("there are some");
        assert_eq!(
            options,
            "-c work_mem=8MB -c statement_timeout=2500ms -c lock_timeout=2000ms \
             -c idle_in_transaction_session_timeout=3500ms"
        );
    }

    #[test]
    fn a_host_may_be_a_parameter() {
        assert!(address("postgres:///d?host=h").is_ok());
    }

    #[test]
    fn a_ca_file_without_certificates_is_a_mistake() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut reader = Reader::new([
            ("DATABASE_URL".to_owned(), "postgres://u:p@h/d".to_owned()),
            ("DATABASE_CA_FILE".to_owned(), file.path().display().to_string()),
        ]);
        let settings = PostgresSettings::read(&mut reader);
        assert!(reader.finish(settings).is_err());
    }
}
