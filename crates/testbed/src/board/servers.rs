use std::path::Path;

use super::Secrets;
use crate::Error;
use crate::otlp::Receiver;
use crate::postgres::{Options, Postgres};
use crate::redis::{self, Redis};
use crate::token::{KeyPair, random_hex};

/// The name of the database on servers of our own.
pub(super) const DATABASE: &str = "board";

/// What a board stands on.
#[derive(Debug)]
pub struct Servers {
    /// Ours, unless another was given.
    pub postgres: Given<Postgres>,
    /// Ours, unless another was given.
    pub redis: Given<Redis>,
    /// Takes every span.
    pub otlp: Receiver,
}

/// A server that was started here, or the address of one that somebody gave.
#[derive(Debug)]
pub enum Given<T> {
    /// Started here, and ended with this value.
    Own(T),
    /// Only used.
    Others(String),
}

impl<T> Given<T> {
    /// The server, if it is ours.
    pub fn own(&self) -> Option<&T> {
        match self {
            Self::Own(server) => Some(server),
            Self::Others(_) => None,
        }
    }

    /// The server, if it is ours, to start it again.
    pub fn own_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Own(server) => Some(server),
            Self::Others(_) => None,
        }
    }
}

impl Servers {
    /// Temporary ones; `settings` are PostgreSQL's.
    ///
    /// # Errors
    /// When one cannot be started.
    pub async fn temporary(settings: &[(&str, &str)]) -> Result<Self, Error> {
        let options =
            settings.iter().fold(Options::temporary(), |options, (name, value)| options.setting(*name, *value));
        Self::temporary_with(options).await
    }

    /// Temporary ones, with a PostgreSQL that is as these options have it.
    ///
    /// # Errors
    /// When one cannot be started.
    pub async fn temporary_with(options: Options) -> Result<Self, Error> {
        let postgres = Postgres::start(options).await?;
        postgres.create_database(DATABASE, None).await?;
        let redis = Redis::start(redis::Options::temporary()).await?;
        Ok(Self { postgres: Given::Own(postgres), redis: Given::Own(redis), otlp: Receiver::start()? })
    }

    /// Servers that keep their data in this folder, but for those whose address is given.
    ///
    /// # Errors
    /// When one cannot be started.
    pub async fn kept(folder: &Path, postgres: Option<String>, redis: Option<String>) -> Result<Self, Error> {
        let postgres = match postgres {
            Some(url) => Given::Others(url),
            None => {
                let server = Postgres::start(Options::kept_in(folder.join("postgres"))).await?;
                if !has_database(&server).await? {
                    server.create_database(DATABASE, None).await?;
                }
                Given::Own(server)
            }
        };
        let redis = match redis {
            Some(url) => Given::Others(url),
            None => Given::Own(Redis::start(redis::Options::kept_in(folder.join("redis"))).await?),
        };
        Ok(Self { postgres, redis, otlp: Receiver::start()? })
    }

    /// The database as whoever owns it sees it.
    pub fn owner_url(&self) -> String {
        match &self.postgres {
            Given::Own(server) => format!("{}?sslmode=disable", server.superuser_url(DATABASE)),
            Given::Others(url) => url.clone(),
        }
    }

    /// The database as a login sees it. Whoever gave a database gave a login with it: no other is made there.
    pub fn database_url(&self, user: &str, password: &str) -> String {
        match &self.postgres {
            Given::Own(server) => format!("{}?sslmode=disable", server.url(user, password, DATABASE)),
            Given::Others(url) => url.clone(),
        }
    }

    /// Where Redis is.
    pub fn redis_url(&self) -> String {
        match &self.redis {
            Given::Own(server) => server.url(),
            Given::Others(url) => url.clone(),
        }
    }

    /// Makes a login that is a member of a group role, on a server of ours.
    pub(super) async fn login(&self, name: &str, password: &str, role: &str) -> Result<(), Error> {
        match &self.postgres {
            Given::Own(server) => server.create_login(name, password, &[role]).await,
            Given::Others(_) => Ok(()),
        }
    }
}

async fn has_database(server: &Postgres) -> Result<bool, Error> {
    let client = server.client("postgres").await?;
    let rows = client.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE]).await;
    let rows = rows.map_err(|source| Error::Postgres { what: "list its databases".to_owned(), source })?;
    Ok(!rows.is_empty())
}

impl Secrets {
    /// New ones.
    pub fn generate() -> Self {
        Self {
            tokens: KeyPair::generate(),
            sign_in_keys: token_keys(),
            refresh_keys: token_keys(),
            password: random_hex(),
        }
    }

    /// Those of a folder, made there the first time and readable by their owner alone.
    ///
    /// # Errors
    /// When a file cannot be read or written, or holds something else.
    pub fn kept_in(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            tokens: KeyPair::load_or_create(folder.join("token-key.pem"))?,
            sign_in_keys: crate::token::kept(&folder.join("sign-in-keys"), token_keys)?,
            refresh_keys: crate::token::kept(&folder.join("refresh-keys"), token_keys)?,
            password: crate::token::kept(&folder.join("database-password"), random_hex)?,
        })
    }
}

/// `SIGN_IN_KEYS` or `REFRESH_KEYS`: one key of 32 random bytes.
fn token_keys() -> String {
    use base64::Engine as _;
    format!("k1:{}", base64::engine::general_purpose::STANDARD.encode(crate::token::random::<32>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_folder_stay_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, again) = (Secrets::kept_in(folder.path()), Secrets::kept_in(folder.path()));
        let (first, again) = (first.expect("made"), again.expect("read"));
        assert_eq!(first.sign_in_keys, again.sign_in_keys);
        assert_eq!(first.refresh_keys, again.refresh_keys);
        assert_eq!(first.tokens.kid(), again.tokens.kid());
        assert_eq!(first.password, again.password);
    }
}
