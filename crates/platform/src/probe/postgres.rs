use futures_util::future::{FutureExt as _, LocalBoxFuture};

use super::{Check, Seen};
use crate::guard::breaker::{Breaker, State, Verdict};
use crate::postgres::{Alone, PostgresSettings};

/// Asks PostgreSQL `SELECT 1` over a connection of the prober's own, so that a full pool is not taken for a lost
/// database. Its rounds are not counted by the breaker; the one trial of an open breaker is made by it, so that no
/// person pays for that.
pub struct PostgresCheck {
    settings: PostgresSettings,
    application: String,
    seen: Seen,
    breaker: Breaker,
    client: Option<Alone>,
}

impl PostgresCheck {
    /// `application` is the connection's `application_name`.
    #[must_use]
    pub fn new(settings: PostgresSettings, application: String, seen: Seen, breaker: Breaker) -> Self {
        Self { settings, application, seen, breaker, client: None }
    }
}

impl Check for PostgresCheck {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        // Taken out first: a question that is cut takes its connection with it.
        let kept = self.client.take().filter(|client| !client.is_closed());
        async move {
            let Some(trial) = self.breaker.trial() else { return self.select_1(kept).await };
            // Everybody will need a new connection, so it is a new one that must work. Cut, the trial is a bad one.
            let answer = self.select_1(None).await;
            trial.settle(if answer.is_ok() { Verdict::Good } else { Verdict::Bad });
            answer
        }
        .boxed_local()
    }

    fn seen(&self) -> Option<&Seen> {
        // An open breaker waits for the trial, whatever was answered before.
        (self.breaker.state() == State::Closed).then_some(&self.seen)
    }
}

impl PostgresCheck {
    async fn select_1(&mut self, kept: Option<Alone>) -> Result<(), String> {
        let client = match kept {
            Some(client) => client,
            None => self.settings.connect(&self.application).await.map_err(|error| error.to_string())?,
        };
        client.simple_query("SELECT 1").await.map_err(|_| "SELECT 1 failed".to_owned())?;
        self.client = Some(client);
        Ok(())
    }
}
