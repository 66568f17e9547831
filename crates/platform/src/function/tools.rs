use std::sync::Arc;

use crate::clock::Clock;
use crate::drain::Drain;
use crate::postgres::{Error, Pool};
use crate::probe::{Degraded, Readiness};
use crate::telemetry::metric::Metrics;

/// What background work is given.
pub struct Tools<S> {
    /// The function's own settings.
    pub settings: Arc<S>,
    /// The time of day.
    pub clock: Clock,
    /// Whether to end.
    pub drain: Drain,
    /// Where to tell what is not as it should be.
    pub degraded: Degraded,
    /// What the process says of itself at `/readyz`.
    pub readiness: Readiness,
    /// Where to count.
    pub metrics: Metrics,
    /// The process's HTTP stack.
    pub http: reqwest::Client,
    pub(super) pool: Option<Pool>,
}

impl<S> Tools<S> {
    /// Connections of the background's own.
    ///
    /// # Errors
    /// When the function did not ask for PostgreSQL.
    pub fn pool(&self) -> Result<Pool, Error> {
        self.pool.clone().ok_or_else(|| Error::Connect("the function did not ask for PostgreSQL".to_owned()))
    }
}

impl<S> Clone for Tools<S> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            drain: self.drain.clone(),
            degraded: self.degraded.clone(),
            readiness: self.readiness.clone(),
            metrics: self.metrics.clone(),
            http: self.http.clone(),
            pool: self.pool.clone(),
        }
    }
}
