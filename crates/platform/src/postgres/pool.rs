//! A worker's own pool. It is not shared: a connection lives on the runtime that opened it, and a worker that drains
//! first would cut the requests of others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, PoolError, RecyclingMethod, Runtime, TimeoutType};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::DB_CLIENT_CONNECTION_POOL_NAME;

use prometheus_client::metrics::gauge::Gauge;

use super::blockers::Blockers;
use super::lease::{Context, Lease, Params, Transaction};
use super::{Error, PoolSettings, Row, Statement, settings};
use crate::guard::breaker::{Breaker, Permit, Verdict};
use crate::guard::deadline;
use crate::probe::Seen;
use crate::probe::capacity::Load;
use crate::telemetry::metric::Metrics;
use crate::telemetry::trace::Stretch;

/// Why an idle connection is not used again.
const SUSPECT: &str = "it is from before the breaker opened";

/// Connections of one worker. Every method that asks the database gives the breaker one verdict.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool_postgres::Pool,
    context: Arc<Context>,
    breaker: Breaker,
    name: String,
    queue: Queue,
}

impl Pool {
    /// A pool that opens connections when they are first needed. `name` is their `application_name`; the breaker is
    /// the process's own.
    ///
    /// # Errors
    /// When the pool's own settings contradict each other.
    pub fn new(
        settings: PoolSettings,
        name: String,
        metrics: Metrics,
        seen: Seen,
        breaker: Breaker,
    ) -> Result<Self, Error> {
        let PoolSettings { database, size, .. } = settings;
        let database = database.bounded();
        let mut config = database.config.clone();
        config.application_name(&name);
        let manager = Manager::from_config(
            config,
            database.tls.clone(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let inner = deadpool_postgres::Pool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(deadline::POOL_WAIT))
            .create_timeout(Some(deadline::CONNECT))
            .runtime(Runtime::Tokio1)
            // A connection from before the breaker opened may lead to a server that is gone, without showing it.
            .pre_recycle(Hook::sync_fn({
                let breaker = breaker.clone();
                move |_, metrics| {
                    if breaker.has_opened_since(metrics.created) { Err(HookError::message(SUSPECT)) } else { Ok(()) }
                }
            }))
            .build()
            .map_err(|error| Error::Connect(error.to_string()))?;
        let context =
            Arc::new(Context { blockers: Blockers::new(database.clone(), name.clone()), database, metrics, seen });
        Ok(Self { inner, context, breaker, name, queue: Queue::default() })
    }

    /// Runs one statement by itself.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn query(&self, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let (lease, permit) = self.begin().await?;
        let answer = deadline::within(deadline::TRANSACTION, lease.query(statement, params)).await;
        judged(permit, answer.unwrap_or(Err(Error::TooLate)))
    }

    /// Runs one statement that answers with one row or none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn query_opt(&self, statement: &Statement, params: Params<'_>) -> Result<Option<Row>, Error> {
        Ok(self.query(statement, params).await?.into_iter().next())
    }

    /// Runs one statement that writes and answers with one row or none. It commits by itself, so when it is cut nobody
    /// knows whether it was done.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::CommitUnknown`] when the connection was lost or the time was over.
    pub async fn write(&self, statement: &Statement, params: Params<'_>) -> Result<Option<Row>, Error> {
        let (lease, permit) = self.begin().await?;
        let answer = match deadline::within(deadline::TRANSACTION, lease.query(statement, params)).await {
            Ok(Err(Error::Lost)) | Err(_) => Err(Error::CommitUnknown),
            Ok(answer) => answer,
        };
        Ok(judged(permit, answer)?.into_iter().next())
    }

    /// Runs `work` in a transaction, which is committed if it gives `Ok` and rolled back if not.
    ///
    /// # Errors
    /// What `work` gives, or an [`Error`] of the transaction itself.
    pub async fn transaction<T, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let (lease, permit) = self.begin().await?;
        let mut transaction = Transaction::new(lease);
        let outcome = deadline::within(deadline::TRANSACTION, async {
            transaction.begin().await?;
            let outcome = work(&transaction).await;
            match &outcome {
                Ok(_) => transaction.commit().await?,
                Err(_) => transaction.roll_back().await,
            }
            outcome
        })
        .await;
        give(permit, outcome.as_ref().map_or(Some(Verdict::Bad), |_| transaction.verdict()));
        outcome.unwrap_or_else(|_| Err(transaction.cut().into()))
    }

    /// Runs statements in one transaction that is sent in one flush, `BEGIN` and `COMMIT` included: one round trip.
    /// No statement sees what another answered, so each must hold its own conditions.
    ///
    /// # Errors
    /// The first statement's that failed; then nothing was done. [`Error::CommitUnknown`] when the flush was cut.
    pub async fn in_one_flush(&self, statements: &[(&Statement, Params<'_>)]) -> Result<Vec<Vec<Row>>, Error> {
        let (lease, permit) = self.begin().await?;
        let answers = deadline::within(deadline::TRANSACTION, lease.in_one_flush(statements)).await;
        judged(permit, answers.unwrap_or(Err(Error::CommitUnknown)))
    }

    /// Opens a connection before anybody waits for one. Whether it can be opened is the prober's to tell.
    pub(crate) async fn warm(self) {
        drop(deadline::within(deadline::POOL_WAIT + deadline::CONNECT, self.inner.get()).await);
    }

    /// How much it is used, for as long as it lives; whoever looks does not keep it alive.
    pub(crate) fn look(&self) -> impl Fn() -> Option<Load> + Send + use<> {
        let (pool, queue) = (self.inner.weak(), self.queue.clone());
        move || {
            let status = pool.upgrade()?.status();
            let in_use = status.size.saturating_sub(status.available);
            Some(Load { in_use, size: status.max_size, longest_wait: queue.longest_wait() })
        }
    }

    /// A connection, and leave to use it.
    async fn begin(&self) -> Result<(Lease, Permit), Error> {
        let mut permit = self.breaker.permit()?;
        match self.lease().await {
            Ok(lease) => {
                permit.begin()?;
                Ok((lease, permit))
            }
            Err(error) => judged(permit, Err(error)),
        }
    }

    async fn lease(&self) -> Result<Lease, Error> {
        let wait = Stretch::begin("pool wait", SpanKind::Internal);
        let waiting = self.queue.join(&self.context.metrics.pool_waiting);
        let object = deadline::within(deadline::POOL_WAIT + deadline::CONNECT, self.inner.get()).await;
        drop(waiting);
        // Past the wait for the pool it is the server that is waited for.
        let late = if wait.elapsed() < deadline::POOL_WAIT { Error::PoolBusy } else { too_slow() };
        let object = object.map_err(|_| late).and_then(|object| object.map_err(|error| pool_error(&error)));
        self.told(wait, object.as_ref().err());
        Ok(Lease::new(object?, self.context.clone()))
    }

    fn told(&self, wait: Stretch, error: Option<&Error>) {
        let took: Duration = wait.elapsed();
        self.context.metrics.pool_wait.observe(took.as_secs_f64());
        let name = KeyValue::new(DB_CLIENT_CONNECTION_POOL_NAME, self.name.clone());
        wait.end(vec![name], error.map(ToString::to_string));
    }
}

/// Gives the breaker the verdict of an answer, and hands the answer on.
fn judged<T>(permit: Permit, answer: Result<T, Error>) -> Result<T, Error> {
    give(permit, answer.as_ref().map_or_else(Error::verdict, |_| Some(Verdict::Good)));
    answer
}

fn give(permit: Permit, verdict: Option<Verdict>) {
    match verdict {
        Some(verdict) => permit.settle(verdict),
        None => permit.withdraw(),
    }
}

/// Who waits for a connection, in the order in which they came.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<BTreeMap<u64, Instant>>>);

impl Queue {
    fn join<'a>(&'a self, gauge: &'a Gauge) -> Waiting<'a> {
        gauge.inc();
        let mut waiting = self.waiting();
        let number = waiting.last_key_value().map_or(0, |(last, _)| last + 1);
        waiting.insert(number, Instant::now());
        Waiting { queue: self, number, gauge }
    }

    fn longest_wait(&self) -> Duration {
        self.waiting().first_key_value().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request that waits, until it no longer does, also when it went away.
struct Waiting<'a> {
    queue: &'a Queue,
    number: u64,
    gauge: &'a Gauge,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.waiting().remove(&self.number);
        self.gauge.dec();
    }
}

fn pool_error(error: &PoolError) -> Error {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => Error::PoolBusy,
        PoolError::Timeout(_) => too_slow(),
        PoolError::Backend(error) => settings::unconnected(error),
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            Error::Connect("the pool is closed".to_owned())
        }
    }
}

fn too_slow() -> Error {
    Error::Connect("it took too long".to_owned())
}
