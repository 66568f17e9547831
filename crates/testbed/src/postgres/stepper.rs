//! Races in SQL, made to happen: two connections go step by step, and a test sees that one waits for the other.

use std::pin::Pin;
use std::time::Duration;

use tokio_postgres::Client;

use super::Postgres;
use crate::{Error, wait};

/// Longer than a statement takes to reach its lock on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

const WAITS: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock')";

/// A connection whose statements a test runs one at a time. Whoever watches it has a connection of their own: within a
/// transaction the server shows the same picture again and again.
#[derive(Debug)]
pub struct Stepper {
    /// The connection, for statements that do not wait.
    pub client: Client,
    watcher: Client,
    pid: i32,
}

/// A statement that waits for another connection.
pub struct Waiting<'a, T> {
    statement: Pin<Box<dyn Future<Output = T> + 'a>>,
}

impl Stepper {
    /// Connects to a database as its superuser.
    ///
    /// # Errors
    ///
    /// When there is no connection to be had.
    pub async fn new(server: &Postgres, database: &str) -> Result<Self, Error> {
        let (client, watcher) = (server.client(database).await?, server.client(database).await?);
        let refused = |source| Error::Postgres { what: "tell its process".to_owned(), source };
        let pid = client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(refused)?.get(0);
        Ok(Self { client, watcher, pid })
    }

    /// Runs a statement of this connection until the server says that it waits for a lock.
    ///
    /// # Errors
    ///
    /// [`Error::Unfit`] when it ended without waiting, [`Error::Late`] when it did neither.
    pub async fn waits<'a, T>(&'a self, statement: impl Future<Output = T> + 'a) -> Result<Waiting<'a, T>, Error> {
        let mut statement: Pin<Box<dyn Future<Output = T> + 'a>> = Box::pin(statement);
        let seen = wait::until(PATIENCE, "a statement that waits for a lock", async || {
            self.watcher.query_one(WAITS, &[&self.pid]).await.is_ok_and(|row| row.get(0))
        });
        tokio::select! {
            biased;
            _ = &mut statement => Err(Error::Unfit("the statement ended without waiting for a lock".to_owned())),
            seen = seen => seen.map(|()| Waiting { statement }),
        }
    }
}

impl<T> Waiting<'_, T> {
    /// Waits for its end, now that nothing stands in its way.
    pub async fn end(self) -> T {
        self.statement.await
    }
}
