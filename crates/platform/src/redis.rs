//! Redis: clients that fail at once instead of queueing, and connect again by themselves. The prober has one, and so
//! has each worker for its requests.

mod failure;
mod patience;
pub(crate) mod script;
mod worker;

use std::time::Duration;

use fred::error::ErrorKind;
use fred::interfaces::EventInterface as _;
use fred::prelude::{Builder, Client, ClientLike as _, Config, ReconnectPolicy, TlsConnector};
use fred::types::config::{Server, TlsConfig, UnresponsiveConfig};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use tokio::sync::broadcast::Receiver as BroadcastReceiver;

use crate::config::{Reader, Settings, parameter, secret_address, setting};
use crate::guard::{deadline, quota};
use crate::probe::Check;
use crate::{sabotage, tls};

pub use worker::{NoAnswer, Redis};

/// The longest wait between two tries to connect.
const RECONNECT_MS: u32 = 500;
/// The wait before the first try, which fred does not leave out: four times as long before each that follows.
const FIRST_CONNECT_MS: u32 = 1;
/// How much is added to a wait at random. fred's own 100 ms would be in the way of the first connection, too.
const JITTER_MS: u32 = 20;

/// A connection that was written to and said nothing for this long is closed. A freeze that the prober forgives, of
/// less than two of its questions, must not cost the connection.
const UNRESPONSIVE: Duration = Duration::from_secs(5);

/// Unanswered questions after which the prober wants another connection.
const GIVEN_UP: u32 = 2;

/// In so many rounds the prober asks once for all that functions do with Redis, else only whether it is there: many a
/// Redis is paid by the command.
const REHEARSED_EVERY: u32 = 10;

/// How Redis says that it is no primary. Its connection stays good, so whoever hears this must leave it to find the new one.
const READ_ONLY: &str = "READONLY";

/// What stands before rustls's reason in the details of fred's error.
const DISTRUST: &str = "InvalidCertificate(";

/// How to reach Redis.
#[derive(Clone)]
pub struct RedisSettings {
    config: Config,
}

impl std::fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisSettings").finish_non_exhaustive()
    }
}

impl Settings for RedisSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let wanted = "redis://HOST:PORT, or rediss:// for TLS, with user, password and database where it needs them";
        let config = from.secret(setting("REDIS_URL", "Redis, or Valkey"), wanted, address);
        let authorities = from.file(
            setting("REDIS_CA_FILE", "for rediss://, who may vouch for the server; by default the web's"),
            "a PEM file of certificates",
        );
        let added = tls::Added::read(from);
        let (mut config, authorities) = (config?, authorities?);
        added?;
        match tls::client(tls::Verification::Full, authorities.as_deref()) {
            Ok(client) if config.tls.is_some() => config.tls = Some(TlsConfig::from(TlsConnector::from(client))),
            Ok(_) if authorities.is_some() => from.notice("REDIS_CA_FILE is not used: only rediss:// looks at it"),
            Ok(_) => {}
            Err(reason) => {
                from.mistake(format!("REDIS_CA_FILE {reason}: wanted the path of a PEM file of certificates"));
                return None;
            }
        }
        // A server that is away at the start is waited for like one that goes away later.
        config.fail_fast = false;
        Some(Self { config })
    }
}

impl RedisSettings {
    /// The server's name and port.
    fn server(&self) -> (String, u16) {
        self.config
            .server
            .hosts()
            .into_iter()
            .next()
            .map(|server| (server.host.to_string(), server.port))
            .unwrap_or_default()
    }

    /// The number of the database.
    fn database(&self) -> u8 {
        self.config.database.unwrap_or_default()
    }
}

/// What is not done here is refused by its name.
fn address(text: &str) -> Result<Config, String> {
    // Valkey's clients know it by other schemes.
    let text = match text.split_once("://") {
        Some(("valkey", rest)) => format!("redis://{rest}"),
        Some(("valkeys", rest)) => format!("rediss://{rest}"),
        Some(("redis-cluster" | "rediss-cluster" | "redis-sentinel" | "rediss-sentinel", _)) => {
            return Err("names a cluster or sentinels, which are not supported".to_owned());
        }
        _ => text.to_owned(),
    };
    let authority = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    if authority.rsplit('@').next().is_some_and(|hosts| hosts.contains(',')) {
        return Err("has more than one host".to_owned());
    }
    let url = secret_address(&text, &["redis", "rediss"])?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err("has no host".to_owned());
    }
    if let Some((name, _)) = url.query_pairs().next() {
        return Err(format!("has {} that is not supported", parameter(&name)));
    }
    if url.fragment().is_some() {
        return Err("has a #, or a password whose special characters are not percent-encoded".to_owned());
    }
    Config::from_url(&text).map_err(|_| "has a database that is no number".to_owned())
}

/// A client that connects in the background. A command on a server that is away fails at once.
///
/// # Errors
/// When the settings contradict each other.
pub fn client(settings: &RedisSettings, command_limit: Duration) -> Result<Client, fred::error::Error> {
    let mut reconnect = ReconnectPolicy::new_exponential(0, FIRST_CONNECT_MS, RECONNECT_MS, 4);
    reconnect.set_jitter(JITTER_MS);
    let client = Builder::from_config(settings.config.clone())
        .with_connection_config(|connection| {
            connection.connection_timeout = deadline::CONNECT;
            connection.internal_command_timeout = deadline::CONNECT;
            connection.max_command_attempts = 1;
            connection.unresponsive =
                UnresponsiveConfig { max_timeout: Some(UNRESPONSIVE), interval: Duration::from_millis(500) };
        })
        .with_performance_config(|performance| performance.default_command_timeout = command_limit)
        .set_policy(reconnect)
        .build()?;
    // Both tasks end with the client.
    drop(client.connect());
    tokio::spawn(failure::tell_of_connections(client.error_rx()));
    Ok(client)
}

/// Asks Redis whether it is there.
pub struct RedisCheck {
    client: Client,
    errors: BroadcastReceiver<(fred::error::Error, Option<Server>)>,
    /// Why no connection could be opened, where it may be told.
    distrust: Option<String>,
    /// Questions in a row that got no answer over an open connection.
    unanswered: u32,
    /// Whether the first connection was waited for.
    waited: bool,
    /// Rounds until it is asked for everything.
    rehearsed_in: u32,
}

impl RedisCheck {
    /// With a client of the prober's own.
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub fn new(settings: &RedisSettings) -> Result<Self, fred::error::Error> {
        let client = client(settings, deadline::PROBE)?;
        Ok(Self { errors: client.error_rx(), client, distrust: None, unanswered: 0, waited: false, rehearsed_in: 0 })
    }

    /// Until the first try to connect has come to something: before that, a question that does not wait would only
    /// say that nobody has connected yet, and the process would be ready a round later than it is.
    async fn first_connect(&mut self) {
        // Noted before the wait: whoever asks may drop it.
        if std::mem::replace(&mut self.waited, true) {
            return;
        }
        let failed = tokio::select! {
            _ = self.client.wait_for_connect() => None,
            failed = self.errors.recv() => failed.ok(),
        };
        if let Some((error, _)) = failed {
            self.note(&error);
        }
    }

    async fn ping(&mut self) -> Result<(), fred::error::Error> {
        if self.unanswered >= GIVEN_UP && self.client.is_connected() {
            // fred counts from the last question, so one that is asked again and again never looks unresponsive to
            // it. Not waited for: that takes as long as the server is away.
            let client = self.client.clone();
            tokio::spawn(async move { client.force_reconnection().await });
        }
        // Noted before the question: whoever asks may drop it.
        self.unanswered += 1;
        let options = fred::types::config::Options { fail_fast: true, ..Default::default() };
        let answer: Result<String, _> = self.client.with_options(&options).ping(None).await;
        if answer.as_ref().err().is_none_or(|error| *error.kind() != ErrorKind::Timeout) {
            self.unanswered = 0;
        }
        answer.map(drop)
    }

    /// What functions do, done to keys of the prober's own. Asked again each round until it is good.
    async fn rehearse(&mut self) -> Result<(), String> {
        if self.rehearsed_in > 0 || sabotage::takes_out("Redis readiness") {
            self.rehearsed_in = self.rehearsed_in.saturating_sub(1);
            return Ok(());
        }
        let answer = quota::rehearse(&self.client).await;
        if answer.is_ok() {
            self.rehearsed_in = REHEARSED_EVERY - 1;
        }
        answer.map_err(|error| {
            leave_replica(&self.client, &error);
            format!("it refuses what it is needed for ({})", failure::class(&error))
        })
    }

    /// fred's details can hold addresses of the server, so its kind has to say enough; what TLS says of a certificate
    /// is told, since nobody would guess it.
    fn reason(&mut self, error: &fred::error::Error) -> String {
        while let Ok((error, _)) = self.errors.try_recv() {
            self.note(&error);
        }
        let distrust = self.distrust.as_ref().map(|name| format!(": invalid peer certificate: {name}"));
        format!("PING failed ({}){}", failure::class(error), distrust.unwrap_or_default())
    }

    fn note(&mut self, error: &fred::error::Error) {
        let reason = error.details().split_once(DISTRUST).map(|(_, reason)| reason);
        let name = reason.and_then(|reason| reason.split(|letter: char| !letter.is_alphanumeric()).next());
        self.distrust = name.map(str::to_owned);
    }
}

impl Check for RedisCheck {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        async {
            self.first_connect().await;
            let answer = self.ping().await;
            answer.map_err(|error| self.reason(&error))?;
            self.rehearse().await
        }
        .boxed_local()
    }
}

/// Gives the connection up where it leads to a replica: by the name of the server the next one finds the primary. Not
/// waited for: that takes as long as the server is away.
fn leave_replica(client: &Client, error: &fred::error::Error) {
    if error.details().contains(READ_ONLY) && !sabotage::takes_out("leaving replicas") {
        let client = client.clone();
        tokio::spawn(async move { client.force_reconnection().await });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<RedisSettings, crate::config::Misconfigured> {
        let mut reader = Reader::new([("REDIS_URL".to_owned(), url.to_owned())]);
        let settings = RedisSettings::read(&mut reader);
        reader.finish(settings)
    }

    #[test]
    fn both_schemes_are_understood() {
        assert!(read("redis://127.0.0.1:6379").is_ok_and(|settings| settings.config.tls.is_none()));
        assert!(read("rediss://user:secret@cache.example:6379").is_ok_and(|settings| settings.config.tls.is_some()));
        assert!(read("valkey://127.0.0.1:6379/1").is_ok_and(|settings| settings.config.tls.is_none()));
        assert!(read("valkeys://cache.example").is_ok_and(|settings| settings.config.tls.is_some()));
    }

    #[test]
    fn anything_else_is_refused_by_what_is_wrong_with_it_without_being_shown() {
        for (wrong, why) in [
            ("127.0.0.1:6379", "has no scheme"),
            ("http://cache.example", "has an unknown scheme"),
            ("redis-cluster://h", "names a cluster or sentinels, which are not supported"),
            ("redis:///0", "has no host"),
            ("redis://:secret@cache.example,other.example", "has more than one host"),
            ("redis-sentinel://h", "names a cluster or sentinels, which are not supported"),
            ("rediss://cache.example?ssl_cert_reqs=none", "has a parameter ssl_cert_reqs that is not supported"),
            ("redis://cache.example/0#secret", "has a #, or a password"),
            ("redis://cache.example/first", "has a database that is no number"),
        ] {
            let told = read(wrong).expect_err(wrong).to_string();
            assert!(told.contains(&format!("REDIS_URL {why}")) && told.contains("(its value is not shown)"), "{told}");
            assert!(!told.contains(wrong), "{told}");
        }
    }
}
