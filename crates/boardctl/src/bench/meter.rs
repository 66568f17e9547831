//! What a load took: measured while it ran, and told by the servers' own statistics.

use std::time::Duration;

use testbed::load::closed_loop::ClosedLoop;
use testbed::load::open_loop::Outcome;
use testbed::wait;

use super::BenchError;
use super::report::Row;
use super::stage::{Function, PATIENCE, Stage};

/// Callers of what is not measured.
const FEW: usize = 4;
/// One request in so many goes ahead: it opens the pool and prepares statements.
const AHEAD: usize = 20;

/// A connection of the pool tells the statistics what it did once a second and when it ends: it is ended.
const END_POOLS: &str =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE '%/pool'";
const TRANSACTIONS: &str =
    "SELECT (xact_commit + xact_rollback)::bigint FROM pg_stat_database WHERE datname = current_database()";
/// How often tables of the board were looked into, and how many of their rows were written.
const TABLE_USES: &str = "SELECT sum(seq_scan + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del)::bigint
    FROM pg_stat_user_tables WHERE relname IN ('people', 'companies', 'jobs', 'applications')";

/// A row that is being measured.
pub(super) struct Meter<'a> {
    stage: &'a Stage,
    function: &'a Function,
    name: &'static str,
    status: u16,
    callers: usize,
    before: Postgres,
    requests: usize,
    measured: Measured,
}

/// What PostgreSQL has counted.
struct Postgres {
    transactions: i64,
    table_uses: i64,
}

/// What was measured, over all rounds.
#[derive(Default)]
struct Measured {
    outcome: Outcome,
    processor: Duration,
    redis: f64,
}

impl<'a> Meter<'a> {
    /// Begins a row, whose requests are all answered with this status.
    pub(super) async fn begin(
        stage: &'a Stage,
        function: &'a Function,
        name: &'static str,
        status: u16,
    ) -> Result<Self, BenchError> {
        eprintln!("measuring: {name}");
        let before = counted(stage).await?;
        Ok(Self {
            stage,
            function,
            name,
            status,
            callers: stage.amounts.callers,
            before,
            requests: 0,
            measured: Measured::default(),
        })
    }

    /// The same with so many callers at a time.
    pub(super) fn with_callers(self, callers: usize) -> Self {
        Self { callers, ..self }
    }

    /// Sends requests that are answered by connections and statements that are there already; the first few go ahead.
    pub(super) async fn warmed(mut self, mut requests: Vec<Vec<u8>>) -> Result<Self, BenchError> {
        let rest = requests.split_off(requests.len() / AHEAD);
        self.send(requests).await?;
        self.round(rest).await?;
        Ok(self)
    }

    /// Sends requests.
    pub(super) async fn round(&mut self, requests: Vec<Vec<u8>>) -> Result<(), BenchError> {
        let (processor, commands) = (self.function.process.processor_time(), self.function.redis_commands().await?);
        let outcome = self.send(requests).await?;
        self.measured.processor += self.function.process.processor_time().saturating_sub(processor);
        self.measured.redis += self.function.redis_commands().await? - commands;
        let sum = &mut self.measured.outcome;
        sum.lasted += outcome.lasted;
        for (status, took) in outcome.answers {
            sum.answers.entry(status).or_default().extend(took);
        }
        Ok(())
    }

    async fn send(&mut self, requests: Vec<Vec<u8>>) -> Result<Outcome, BenchError> {
        self.requests += requests.len();
        answered(load(self.function, requests, self.callers), self.name, self.status).await
    }

    /// Ends the row.
    pub(super) async fn end(self) -> Result<Row, BenchError> {
        let after = counted(self.stage).await?;
        let Measured { outcome, processor, redis } = &self.measured;
        let answers = outcome.count(self.status);
        let each = |what: f64, requests: usize| what / f64::from(u32::try_from(requests.max(1)).unwrap_or(u32::MAX));
        let count = |after: i64, before: i64| f64::from(u32::try_from(after - before).unwrap_or(u32::MAX));
        let milliseconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
        Ok(Row {
            name: self.name,
            status: self.status,
            requests: answers,
            per_s: outcome.rate(self.status),
            p50_ms: milliseconds(outcome.percentile(self.status, 50)),
            p99_ms: milliseconds(outcome.p99(self.status)),
            processor_us: each(processor.as_secs_f64() * 1e6, answers),
            // Those that went ahead are counted by PostgreSQL, too.
            transactions: each(count(after.transactions, self.before.transactions), self.requests),
            table_uses: each(count(after.table_uses, self.before.table_uses), self.requests),
            redis_commands: each(*redis, answers),
        })
    }
}

/// These requests, from so many callers at a time.
pub(super) fn load(function: &Function, requests: Vec<Vec<u8>>, callers: usize) -> ClosedLoop {
    ClosedLoop { address: function.address, requests, callers, patience: PATIENCE }
}

/// Sends requests that are not measured.
pub(super) async fn sent(
    function: &Function,
    what: &'static str,
    status: u16,
    requests: Vec<Vec<u8>>,
) -> Result<(), BenchError> {
    answered(load(function, requests, FEW), what, status).await.map(drop)
}

/// What came of a load, if each request was answered with this status.
async fn answered(load: ClosedLoop, row: &'static str, status: u16) -> Result<Outcome, BenchError> {
    let many = load.requests.len();
    let outcome = load.run().await;
    if outcome.count(status) == many {
        return Ok(outcome);
    }
    Err(BenchError::Unexpected { row, wanted: status, got: outcome.summary() })
}

/// What PostgreSQL has counted, the last word of each pool's connections included.
async fn counted(stage: &Stage) -> Result<Postgres, BenchError> {
    // Watched from another database, so that nothing of this is counted.
    let watcher = stage.postgres()?.client("postgres").await?;
    let ended = async || watcher.query_one(END_POOLS, &[]).await.is_ok_and(|row| row.get::<_, i64>(0) == 0);
    wait::until(PATIENCE, "the pools' connections have ended", ended).await?;
    let board = stage.board.client().await?;
    let number = async |statement: &str| Ok::<i64, BenchError>(board.query_one(statement, &[]).await?.get(0));
    Ok(Postgres { transactions: number(TRANSACTIONS).await?, table_uses: number(TABLE_USES).await? })
}
