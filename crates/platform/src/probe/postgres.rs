mod question;

use futures_util::future::{FutureExt as _, LocalBoxFuture};

use super::Check;
use crate::guard::breaker::{Breaker, Verdict};
use crate::postgres::{PostgresSettings, Schema};
use question::{Kept, Unable};

/// Asks PostgreSQL whether it can serve the function: it takes writes, has the schema and gives the rights that the
/// function was built for, and remembers what was prepared. Over a connection of the prober's own, so that a full pool
/// is not taken for a lost database. The one trial of an open breaker is made by it, so that no person pays for that;
/// to that one it is enough that there is an answer.
pub struct PostgresCheck {
    settings: PostgresSettings,
    application: String,
    schema: Schema,
    breaker: Breaker,
    kept: Option<Kept>,
}

impl PostgresCheck {
    /// `application` is the connection's `application_name`.
    #[must_use]
    pub fn new(settings: &PostgresSettings, application: String, schema: Schema, breaker: Breaker) -> Self {
        Self { settings: settings.bounded(), application, schema, breaker, kept: None }
    }
}

impl Check for PostgresCheck {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        // Taken out first: a question that is cut takes its connection with it.
        let kept = self.kept.take().filter(|kept| !kept.is_closed());
        async move {
            let answer = match self.breaker.trial() {
                None => self.put(kept).await,
                Some(trial) => {
                    // Everybody will need a new connection, so it is a new one that must work. Cut, the trial is a bad one.
                    let answer = self.put(None).await;
                    trial.settle(if matches!(answer, Err(Unable::Away(_))) { Verdict::Bad } else { Verdict::Good });
                    answer
                }
            };
            answer.map_err(Unable::why)
        }
        .boxed_local()
    }
}

impl PostgresCheck {
    async fn put(&mut self, kept: Option<Kept>) -> Result<(), Unable> {
        let (kept, answer) = match kept {
            Some(mut kept) => {
                let answer = kept.ask(&self.schema).await;
                (kept, answer)
            }
            None => Kept::open(&self.settings, &self.application, &self.schema).await?,
        };
        // Kept while its questions are answered; whatever else went wrong is asked again from the first.
        self.kept = Some(kept).filter(|_| matches!(answer, Ok(()) | Err(Unable::Unfit(_))));
        answer
    }
}
