use futures_util::future::{FutureExt as _, LocalBoxFuture};
use tokio_postgres::Client;

use super::{Check, Seen};
use crate::postgres::PostgresSettings;

/// Asks PostgreSQL `SELECT 1` over a connection of the prober's own, so that a full pool is not taken for a lost
/// database.
pub struct PostgresCheck {
    settings: PostgresSettings,
    application: String,
    seen: Seen,
    client: Option<Client>,
}

impl PostgresCheck {
    /// `application` is the connection's `application_name`.
    #[must_use]
    pub fn new(settings: PostgresSettings, application: String, seen: Seen) -> Self {
        Self { settings, application, seen, client: None }
    }
}

impl Check for PostgresCheck {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        // Taken out first: a question that is cut leaves no connection that hangs behind.
        let kept = self.client.take().filter(|client| !client.is_closed());
        async move {
            let client = match kept {
                Some(client) => client,
                None => self.settings.connect(&self.application).await.map_err(|error| error.to_string())?,
            };
            client.simple_query("SELECT 1").await.map_err(|_| "SELECT 1 failed".to_owned())?;
            self.client = Some(client);
            Ok(())
        }
        .boxed_local()
    }

    fn seen(&self) -> Option<&Seen> {
        Some(&self.seen)
    }
}
