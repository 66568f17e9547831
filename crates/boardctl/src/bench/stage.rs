//! What is measured: a board of its own, its functions with settings for a load, and people who send it.

use std::net::SocketAddr;
use std::time::Duration;

use testbed::Error;
use testbed::board::{Board, Part, Secrets, Servers};
use testbed::postgres::{self, Postgres};
use testbed::process::Process;
use testbed::redis::Redis;

use super::BenchError;
use crate::sibling;

/// What any step may take on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than the bench.
const SIGNED_IN: Duration = Duration::from_secs(3_600);

/// How many jobs a person may apply for in an hour.
pub(super) const QUOTA: usize = 10;

/// All load comes from one address, and one trace in a hundred is kept. The log is as in production.
const FUNCTION: [(&str, &str); 5] = [
    ("ADDRESS_REQUESTS_MAX", "1000000000"),
    ("PERSON_REQUESTS_MAX", "1000000000"),
    // Open for longer than it is measured.
    ("BREAKER_OPEN_S", "600"),
    ("OTEL_TRACES_SAMPLER", "traceidratio"),
    ("OTEL_TRACES_SAMPLER_ARG", "0.01"),
];

/// How much of a load there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amounts {
    /// Reads of a row.
    pub(super) reads: usize,
    /// People who apply for each job in a row.
    pub(super) people: usize,
    /// Rounds of a row that needs several.
    pub(super) rounds: usize,
    /// Callers at a time: half of what a worker takes at once. Without optimization a function is so slow that each
    /// caller of so many waits for it longer than it waits for Redis.
    pub(super) callers: usize,
}

impl Amounts {
    pub(super) const WHOLE: Self = Self { reads: 40_000, people: 800, rounds: 5, callers: 32 };
    pub(super) const QUICK: Self = Self { reads: 2_000, people: 40, rounds: 2, callers: 4 };
}

/// A board with an employer's jobs.
pub(super) struct Stage {
    pub(super) board: Board,
    pub(super) amounts: Amounts,
    /// Published ones.
    pub(super) jobs: Vec<String>,
}

/// A function at work. It ends with this value.
pub(super) struct Function {
    pub(super) process: Process,
    pub(super) address: SocketAddr,
    http: reqwest::Client,
    metrics: String,
}

impl Function {
    /// How many commands it has sent to Redis for requests, by its own count.
    pub(super) async fn redis_commands(&self) -> Result<f64, BenchError> {
        let text = self.http.get(&self.metrics).send().await?.text().await?;
        let sent = |line: &&str| {
            let outcome = line.strip_prefix("board_redis_commands_total{outcome=");
            outcome.is_some_and(|outcome| !outcome.starts_with("\"away\"") && !outcome.starts_with("\"resting\""))
        };
        Ok(text.lines().filter(sent).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }
}

impl Stage {
    pub(super) async fn set(amounts: Amounts) -> Result<Self, BenchError> {
        // A commit waits for the disk, as in production; nothing else writes or reads meanwhile.
        let options = postgres::Options::temporary().fsync(true).setting("autovacuum", "off");
        let servers = Servers::temporary_with(options).await?;
        let board = Board::migrated(servers, Secrets::generate(), sibling::binary, |_| 0).await?;
        let rows = board.client().await?;
        rows.batch_execute(include_str!("stage.sql")).await?;
        let jobs = rows.query("SELECT id::text FROM jobs ORDER BY id", &[]).await?;
        Ok(Self { jobs: jobs.iter().map(|row| row.get(0)).collect(), board, amounts })
    }

    /// Starts a function with these settings, and waits until it is ready.
    pub(super) async fn function(&self, part: Part, settings: &[(&str, &str)]) -> Result<Function, BenchError> {
        let command = FUNCTION
            .iter()
            .chain(settings)
            .fold(self.board.command(part)?, |command, (name, value)| command.env(*name, *value));
        let process = command.start()?;
        process.wait_until_ok(&format!("{}/readyz", self.board.url(part)), PATIENCE).await?;
        let (ports, http) = (self.board.ports(part), platform::http::client::stack()?);
        let metrics = format!("http://127.0.0.1:{}/metrics", ports.metrics);
        Ok(Function { process, address: SocketAddr::from(([127, 0, 0, 1], ports.http)), http, metrics })
    }

    /// Makes people who have not applied yet; their access tokens.
    pub(super) async fn people(&self) -> Result<Vec<String>, BenchError> {
        let many = i64::try_from(self.amounts.people).unwrap_or(i64::MAX);
        let insert = "INSERT INTO people (id, email, email_key, name)
                      SELECT id, id || '@people.example', id || '@people.example', 'Ada Lovelace'
                      FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::bigint)) AS ids RETURNING id::text";
        let made = self.board.client().await?.query(insert, &[&many]).await?;
        Ok(made.iter().map(|row| self.board.secrets.tokens.mint(row.get(0), SIGNED_IN)).collect())
    }

    pub(super) fn postgres(&self) -> Result<&Postgres, Error> {
        self.board.servers.postgres.own().ok_or_else(not_ours)
    }

    pub(super) fn redis(&self) -> Result<&Redis, Error> {
        self.board.servers.redis.own().ok_or_else(not_ours)
    }
}

pub(super) fn not_ours() -> Error {
    Error::Unfit("the server is not the bench's own".to_owned())
}
