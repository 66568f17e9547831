//! A worker's own pool. It is not shared: a connection lives on the runtime that opened it, and a worker that drains
//! first would cut the requests of others.

mod queue;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Hook, Manager, ManagerConfig, PoolError, RecyclingMethod, Runtime, Status, TimeoutType};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::{DB_CLIENT_CONNECTION_POOL_NAME, ERROR_TYPE};

use self::queue::Queue;
use super::blockers::Blockers;
use super::kept::Kept;
use super::lease::{Context, Lease, Params};
use super::{Error, PoolSettings, Row, Statement, Transaction, settings};
use crate::clock::Stopwatch;
use crate::guard::breaker::{Breaker, Permit, Verdict};
use crate::guard::deadline;
use crate::probe::Seen;
use crate::probe::capacity::Load;
use crate::sabotage;
use crate::telemetry::metric::{
    Counter, EncodeLabelSet, Family, Gauge, Histogram, Instruments, Metrics, Registry, Sample, seconds,
};
use crate::telemetry::trace::LeafSpan;

/// Connections of one worker. Every method that asks the database gives the breaker one verdict.
///
/// A connection that turns out to be of no use costs its caller a short wait and nothing more: what is certain not to
/// have had any effect is done once more over a new one, a read also when its answer was lost. Then the second try is
/// what the breaker hears of, and no other connection of that time is used again.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool_postgres::Pool,
    context: Arc<Context>,
    breaker: Breaker,
    name: String,
    queue: Queue,
}

/// Counts for all pools of a process.
#[derive(Clone, Debug)]
pub(crate) struct PoolMetrics {
    /// Connections that work for somebody.
    pub(crate) in_use: Gauge,
    /// Requests that wait for one.
    pub(crate) waiting: Gauge,
    wait: Histogram,
    repeated: Counter,
    statements: Family<StatementLabels, Histogram, fn() -> Histogram>,
    pools: Sizes,
}

/// Which statement, and how it ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StatementLabels {
    /// As its spans call it.
    statement: &'static str,
    /// The class of its error, as its span has it: an SQLSTATE, or what happened on the way. Empty where there was none.
    error: Cow<'static, str>,
}

/// The pools there are, to be looked at.
#[derive(Clone, Default)]
struct Sizes(Arc<Mutex<Vec<Look>>>);

/// How a pool stands, while there is one.
type Look = Box<dyn Fn() -> Option<Status> + Send>;

impl std::fmt::Debug for Sizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sizes")
    }
}

impl Sizes {
    fn pools(&self) -> MutexGuard<'_, Vec<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Vec<Sample> {
        let (mut size, mut idle, mut limit) = (0, 0, 0);
        self.pools().retain(|look| {
            let status = look();
            if let Some(status) = &status {
                size += status.size;
                idle += status.available;
                limit += status.max_size;
            }
            status.is_some()
        });
        vec![
            Sample::gauge("postgres_pool_size", "Connections that are open, or being opened", size as f64),
            Sample::gauge("postgres_pool_idle", "Connections that wait for work", idle as f64),
            Sample::gauge("postgres_pool_limit", "Connections that there may be", limit as f64),
        ]
    }
}

impl Instruments for PoolMetrics {
    fn register(registry: &mut Registry) -> Self {
        let (wait, took) = ("Time that requests waited for a connection", "Time that statements took");
        let pools = Sizes::default();
        registry.add_samples({
            let pools = pools.clone();
            move || pools.look()
        });
        let statements = Family::new_with_constructor(seconds as fn() -> Histogram);
        Self {
            pools,
            statements: registry.add_seconds("postgres_statement_duration", took, statements),
            in_use: registry.add("postgres_pool_in_use", "Connections that work for somebody"),
            waiting: registry.add("postgres_pool_waiting", "Requests that wait for a connection"),
            wait: registry.add_seconds("postgres_pool_wait", wait, seconds()),
            repeated: registry.add("postgres_repeated", "Calls made again over a new connection"),
        }
    }
}

impl PoolMetrics {
    /// Measures a statement.
    pub(super) fn ran(&self, statement: &'static str, error: Cow<'static, str>, took: Duration) {
        self.statements.get_or_create(&StatementLabels { statement, error }).observe(took.as_secs_f64());
    }
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
        metrics: &Metrics,
        seen: Seen,
        breaker: Breaker,
    ) -> Result<Self, Error> {
        let PoolSettings { database, size, .. } = settings;
        let database = database.bounded();
        let mut config = database.config.clone();
        config.application_name(&name);
        let recycled = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(config, database.clone(), recycled);
        let kept = Arc::new(Kept::new(breaker.clone()));
        let inner = deadpool_postgres::Pool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(deadline::POOL_WAIT))
            .create_timeout(Some(deadline::CONNECT))
            .runtime(Runtime::Tokio1)
            .pre_recycle(Hook::async_fn({
                let kept = kept.clone();
                move |client, metrics| {
                    let (kept, metrics) = (kept.clone(), *metrics);
                    Box::pin(async move { kept.looked_at(client, metrics).await })
                }
            }))
            .build()
            .map_err(|error| Error::Connect(error.to_string()))?;
        let blockers = Blockers::new(database.clone(), name.clone());
        let metrics: PoolMetrics = metrics.of();
        let pool = inner.weak();
        metrics.pools.pools().push(Box::new(move || Some(pool.upgrade()?.status())));
        let context = Arc::new(Context { database, kept, metrics, seen, blockers });
        Ok(Self { inner, context, breaker, name, queue: Queue::default() })
    }

    /// Runs one statement by itself.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn query(&self, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let rows = self.judged(statement.only_reads(), async |lease| {
            let answer = deadline::within(deadline::TRANSACTION, lease.query(statement, params)).await;
            answer.unwrap_or(Err(Error::TooLate))
        });
        rows.await
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
        let rows = self.judged(false, async |lease| {
            match deadline::within(deadline::TRANSACTION, lease.query(statement, params)).await {
                Ok(Err(Error::Lost)) => Err(lease.unknown_if_sent(Error::Lost)),
                Ok(answer) => answer,
                Err(_) => Err(lease.unknown_if_sent(Error::TooLate)),
            }
        });
        Ok(rows.await?.into_iter().next())
    }

    /// Runs `work` in a transaction, which is committed if it gives `Ok` and rolled back if not.
    ///
    /// # Errors
    /// What `work` gives, or an [`Error`] of the transaction itself.
    pub async fn transaction<T, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut permit = self.breaker.permit().map_err(Error::from)?;
        let begun = self.over_one_that_lives(&mut permit, false, async |lease| {
            deadline::within(deadline::TRANSACTION, lease.begin()).await.unwrap_or(Err(Error::TooLate))
        });
        let mut transaction = match begun.await {
            Ok((lease, ())) => Transaction::new(lease),
            Err(error) => {
                give(permit, error.verdict());
                return Err(error.into());
            }
        };
        let outcome = deadline::within(deadline::TRANSACTION, async {
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
        let answers = self.judged(false, async |lease| {
            let answers = deadline::within(deadline::TRANSACTION, lease.in_one_flush(statements)).await;
            answers.unwrap_or_else(|_| Err(lease.unknown_if_sent(Error::TooLate)))
        });
        answers.await
    }

    /// Tells of a statement that ran [unrecorded](crate::telemetry::context::unrecorded) since `began`, and found so many
    /// rows: below `parent`, and over now.
    pub fn tell(&self, statement: &Statement, parent: &opentelemetry::Context, began: Stopwatch, rows: usize) {
        statement.tell(&self.context.database, parent.clone(), began, rows);
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

    /// What comes of a call that gives the breaker one verdict.
    async fn judged<T>(&self, reads: bool, work: impl AsyncFn(&Lease) -> Result<T, Error>) -> Result<T, Error> {
        let mut permit = self.breaker.permit()?;
        let answer = self.over_one_that_lives(&mut permit, reads, work).await;
        give(permit, answer.as_ref().map_or_else(Error::verdict, |_| Some(Verdict::Good)));
        answer.map(|(_, answer)| answer)
    }

    /// Work over a connection and, where that turns out to be of no use, once more over another one. It is never done
    /// twice where the first time may have had an effect.
    async fn over_one_that_lives<T>(
        &self,
        permit: &mut Permit,
        reads: bool,
        work: impl AsyncFn(&Lease) -> Result<T, Error>,
    ) -> Result<(Lease, T), Error> {
        let mut repeats = if sabotage::takes_out("once more") { 0..0 } else { 0..1 };
        loop {
            let lease = self.lease().await?;
            permit.begin()?;
            match work(&lease).await {
                Ok(answer) => return Ok((lease, answer)),
                Err(error) if lease.had_no_effect(&error, reads) && repeats.next().is_some() => {
                    self.context.metrics.repeated.inc();
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn lease(&self) -> Result<Lease, Error> {
        let wait = LeafSpan::begin("pool wait", SpanKind::Internal);
        let waiting = self.queue.join(&self.context.metrics.waiting);
        let object = tokio::select! {
            biased;
            object = deadline::within(deadline::POOL_WAIT + deadline::CONNECT, self.inner.get()) => object,
            // Nobody gives one back: whoever waits longer keeps a place at work from those who need none.
            () = self.context.seen.silence() => Ok(Err(PoolError::Timeout(TimeoutType::Wait))),
        };
        drop(waiting);
        // Past the wait for the pool it is the server that is waited for.
        let late = if wait.elapsed() < deadline::POOL_WAIT { Error::PoolBusy } else { too_slow() };
        let object = object.map_err(|_| late).and_then(|object| object.map_err(|error| pool_error(&error)));
        self.told(wait, object.as_ref().err());
        Ok(Lease::new(object?, self.context.clone()))
    }

    fn told(&self, wait: LeafSpan, error: Option<&Error>) {
        let took: Duration = wait.elapsed();
        self.context.metrics.wait.observe(took.as_secs_f64());
        let mut attributes = vec![KeyValue::new(DB_CLIENT_CONNECTION_POOL_NAME, self.name.clone())];
        attributes.extend(error.map(|error| KeyValue::new(ERROR_TYPE, error.class())));
        wait.end(attributes, error.map(ToString::to_string));
    }
}

fn give(permit: Permit, verdict: Option<Verdict>) {
    match verdict {
        Some(verdict) => permit.settle(verdict),
        None => permit.withdraw(),
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
