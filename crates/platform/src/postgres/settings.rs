use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Alone;
use super::address::{Address, Root};
use super::reach::Reach;
use super::statement::Peer;
use crate::config::{Reader, Settings, setting};
use crate::guard::breaker::BreakerSettings;
use crate::guard::deadline;
use crate::http::failure;
use crate::telemetry::throttle;
use crate::{sabotage, tls};

const WANTED: &str = "a connection string as libpq reads it, such as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with \
                      sslmode=disable, require or verify-full (the default)";

/// After how long TCP asks for an idle connection's other end: one that is dead is gone a few seconds later, mostly before
/// anybody wants it.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// And how long after that it asks again, in whole seconds; [`deadline::UNACKNOWLEDGED`] ends it.
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(1);

/// How to reach the database.
#[derive(Clone)]
pub struct PostgresSettings {
    /// Without hosts, which [`Reach`] knows.
    pub(super) config: Config,
    /// The database's name; by default it is that of the user.
    namespace: Option<Arc<str>>,
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
        let address = from.secret(setting("DATABASE_URL", "the database"), WANTED, Address::parse);
        let about = "for verify-full, who may vouch for the server; by default the web's. The same as sslrootcert";
        let authorities = from.file(setting("DATABASE_CA_FILE", about), "a PEM file of certificates");
        let added = tls::Added::read(from);
        let (Address { config, places, verification, root, unused }, authorities) = (address?, authorities?);
        let (name, authorities) = match root {
            Some(_) if authorities.is_some() => {
                from.mistake("DATABASE_CA_FILE is set, and DATABASE_URL has an sslrootcert: wanted one of them");
                return None;
            }
            Some(Root::File(path)) => match std::fs::read(path) {
                Ok(contents) => ("the sslrootcert of DATABASE_URL", Some(contents)),
                Err(error) => {
                    from.mistake(format!("the sslrootcert of DATABASE_URL cannot be read ({error})"));
                    return None;
                }
            },
            Some(Root::Web) | None => ("DATABASE_CA_FILE", authorities),
        };
        added?;
        if verification == tls::Verification::None && authorities.is_some() {
            from.notice("DATABASE_CA_FILE is not used: only sslmode=verify-full looks at it");
        }
        let client = match tls::client(verification, authorities.as_deref()) {
            Ok(client) => client,
            Err(reason) => {
                from.mistake(format!("{name} {reason}: wanted the path of a PEM file of certificates"));
                return None;
            }
        };
        for parameter in unused {
            from.notice(format!("the {parameter} of DATABASE_URL is not used: functions say it themselves"));
        }
        let mut config = config;
        config
            .connect_timeout(deadline::CONNECT)
            .tcp_user_timeout(deadline::UNACKNOWLEDGED)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE_AGAIN);
        let namespace = config.get_dbname().or(config.get_user()).map(Into::into);
        Some(Self { config, namespace, tls: MakeRustlsConnect::new(client), reach: Arc::new(Reach::new(places)) })
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

    /// Whom statements are sent to.
    pub(super) fn peer(&self) -> Peer {
        let (address, port) = self.reach.server();
        Peer { namespace: self.namespace.clone(), address, port }
    }

    /// The same database, over connections that ask for these bounds as they begin. Settings of a group role do not
    /// reach its members. Said later, by `SET`, they would reach others where a pooler lends the connection on.
    pub(crate) fn bounded(&self) -> Self {
        let ours = Self::bounds().map(|(name, bound)| format!("-c {name}={bound}"));
        let theirs = self.config.get_options().map(str::to_owned);
        let mut config = self.config.clone();
        config.options(theirs.into_iter().chain(ours).collect::<Vec<_>>().join(" "));
        Self { config, ..self.clone() }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_asked_for_at_the_start_beside_what_the_address_asks_for() {
        let url = "postgres://u:p@h/d?sslmode=disable&options=-c%20work_mem%3D8MB";
        let bounded = read(&[("DATABASE_URL", url)]).expect("settings").bounded();
        let options = bounded.config.get_options().expect("there are some");
        assert_eq!(
            options,
            "-c work_mem=8MB -c statement_timeout=2500ms -c lock_timeout=2000ms \
             -c idle_in_transaction_session_timeout=3500ms"
        );
    }

    fn read(values: &[(&str, &str)]) -> Result<PostgresSettings, String> {
        let mut reader = Reader::new(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = PostgresSettings::read(&mut reader);
        reader.finish(settings).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn who_vouches_for_the_server_is_said_once_and_can_be_read() {
        let empty = tempfile::NamedTempFile::new().expect("a file");
        let empty = empty.path().display().to_string();
        let with = |query: &str| format!("postgres://u:p@h/d?{query}");
        let none = format!("sslrootcert={empty}");
        for (url, file, wrong) in [
            (with(""), &*empty, "DATABASE_CA_FILE has no certificate"),
            (with(&none), "", "the sslrootcert of DATABASE_URL has no certificate"),
            (with("sslrootcert=/nowhere/ca.pem"), "", "the sslrootcert of DATABASE_URL cannot be read"),
            (with("sslrootcert=system"), &*empty, "wanted one of them"),
        ] {
            let told = read(&[("DATABASE_URL", &url), ("DATABASE_CA_FILE", file)]).expect_err(wrong);
            assert!(told.contains(wrong), "{told}");
        }
        assert!(read(&[("DATABASE_URL", &with("sslrootcert=system"))]).is_ok());
    }
}
