//! `boardctl bench`: what a request costs, with and without each guard at work, side by side and in one run. Each row is
//! a load of requests that are all answered alike; another answer ends the run.
//!
//! Latency and rate are of a machine that the load and the servers share with the function. The processor's time a
//! request and what was asked of PostgreSQL and Redis are the function's own.

mod apply;
mod meter;
mod pages;
mod report;
mod stage;

use std::process::ExitCode;
use std::time::Duration;

pub use report::Row;
use stage::{Amounts, Stage};

/// All of it takes no longer than this, or is given up.
const LONGEST: Duration = Duration::from_secs(180);

/// Options of `boardctl bench`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// A twentieth of the load: enough for what is counted, too little for what is timed.
    #[arg(long)]
    pub quick: bool,
    /// Print the table as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A server, a migration or a function did not start, or cannot be asked.
    #[error(transparent)]
    Testbed(#[from] testbed::Error),
    /// A statement of the bench itself failed.
    #[error("the bench's own statement failed")]
    Sql(#[from] tokio_postgres::Error),
    /// A function did not tell its metrics.
    #[error("the function's metrics cannot be read")]
    Metrics(#[from] reqwest::Error),
    /// A load was not answered as its row is about.
    #[error("{row}: wanted {wanted} for each request, but {got}")]
    Unexpected {
        /// The row.
        row: &'static str,
        /// The status.
        wanted: u16,
        /// What came.
        got: String,
    },
    /// It took too long.
    #[error("not done within {} s: is the machine busy?", LONGEST.as_secs())]
    Late,
}

/// Measures, and prints the table.
///
/// # Errors
/// When something does not start, is answered otherwise, or takes too long; what had started is ended.
pub async fn run(options: &Options) -> Result<ExitCode, BenchError> {
    let amounts = if options.quick { Amounts::QUICK } else { Amounts::WHOLE };
    let rows = tokio::time::timeout(LONGEST, rows(amounts)).await.map_err(|_| BenchError::Late)??;
    if options.json {
        println!("{}", report::json(&rows));
    } else {
        println!("{}", report::table(&rows));
    }
    Ok(ExitCode::SUCCESS)
}

async fn rows(amounts: Amounts) -> Result<Vec<Row>, BenchError> {
    let mut stage = Stage::set(amounts).await?;
    let mut rows = pages::with_the_breaker(&mut stage).await?;
    rows.extend(apply::with_the_quota(&stage).await?);
    rows.extend(pages::with_the_bound(&stage).await?);
    Ok(rows)
}
