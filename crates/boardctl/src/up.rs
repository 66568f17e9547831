//! `boardctl up`: the whole board on this machine. It touches no server but those that it started or was given.

mod folder;
mod progress;
mod report;
mod start;
mod traces;

use std::process::ExitCode;
use std::time::Duration;

use platform::http::client::stack;
use platform::telemetry::metric::Metrics;
use platform::telemetry::trace::{ExportError, ExportSettings, Exporting, HeadSampler};
use testbed::board::{Board, Part, Servers};
use testbed::otlp::Trace;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::smoke_test::{self, Places};
use start::Running;

/// How long a trace may take to arrive as a whole, the mails' spans included.
const TRACE_ARRIVES: Duration = Duration::from_secs(20);

/// Options of `boardctl up`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Do one smoke test (sign in, post, publish, apply, mail arrives), print its steps and its trace, and end: 0 if all of
    /// it was there, 1 if not.
    #[arg(long)]
    pub check: bool,
    /// With --check: print the result as JSON.
    #[arg(long, requires = "check")]
    pub json: bool,
    /// A PostgreSQL database of yours to use; all functions use this login. Without it, `up` runs a server of its own.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A Redis of yours to use. Without it, `up` runs a server of its own.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// Where data, keys and logs are kept. By default `.board` in the current folder, or a folder under /var/tmp where
    /// the user that runs PostgreSQL cannot reach that.
    #[arg(long)]
    pub folder: Option<std::path::PathBuf>,
}

/// Why the board is not up.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// A server, a migration or a function did not start.
    #[error(transparent)]
    Testbed(#[from] testbed::Error),
    /// A file or a signal cannot be had.
    #[error("{0}: {1}")]
    System(String, #[source] std::io::Error),
    /// The sample data was refused.
    #[error("the sample data could not be filled in")]
    Sample(#[source] tokio_postgres::Error),
    /// The smoke test's spans cannot be sent.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The HTTP stack cannot be had.
    #[error("no HTTP client can be had")]
    Http(#[from] reqwest::Error),
}

/// Starts everything, then waits for Ctrl-C, or runs the smoke test.
///
/// # Errors
/// When something does not start; what had started is ended.
pub async fn run(options: &Options) -> Result<ExitCode, UpError> {
    let no_signal = |error| UpError::System("signals cannot be taken".to_owned(), error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signal)?;
    let mut term = signal(SignalKind::terminate()).map_err(no_signal)?;
    let asked = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = term.recv() => {}
        }
    };
    tokio::pin!(asked);
    let running = tokio::select! {
        running = started(options) => running?,
        // What has started ends as its values are dropped.
        () = &mut asked => return Ok(ExitCode::FAILURE),
    };
    running.until(options, asked).await
}

/// A board that is up.
struct Up {
    board: Board,
    running: Running,
    say: progress::Progress,
}

async fn started(options: &Options) -> Result<Up, UpError> {
    let say = progress::Progress::new(options.json);
    let folder = folder::prepare(options.folder.as_deref())?;
    say.begin(&format!("keeping data, keys and logs in {}", folder.display()));
    say.begin("starting PostgreSQL, Redis and the receiver of traces");
    let servers = Servers::kept(&folder, options.database_url.clone(), options.redis_url.clone()).await?;
    let board = start::board(servers, &folder, &say).await?;
    let running = start::parts(&board, &folder, &say).await?;
    Ok(Up { board, running, say })
}

impl Up {
    /// Tests, or waits; then drains everything.
    async fn until(self, options: &Options, asked: impl Future<Output = ()>) -> Result<ExitCode, UpError> {
        let code = if options.check {
            tokio::select! {
                code = check(&self.board, options.json) => code,
                () = asked => Ok(ExitCode::FAILURE),
            }
        } else {
            let pages = traces::serve(self.board.servers.otlp.traces())?;
            report::ready(&self.board, &self.running, &pages.url());
            tokio::select! {
                () = asked => Ok(ExitCode::SUCCESS),
                name = self.running.first_to_end() => {
                    eprintln!("{name} ended by itself: see its log");
                    Ok(ExitCode::FAILURE)
                }
            }
        };
        self.running.stop(&self.say).await;
        code
    }
}

/// Where a board's parts are reached.
#[must_use]
pub fn places(board: &Board) -> Option<Places> {
    let url = |part| Url::parse(&board.url(part)).ok();
    Some(Places { api: url(Part::Api)?, applications: url(Part::Applications)?, inbox: url(Part::ResendStandIn)? })
}

async fn check(board: &Board, json: bool) -> Result<ExitCode, UpError> {
    let (Some(places), Ok(receiver)) = (places(board), Url::parse(&board.servers.otlp.url())) else {
        return Ok(ExitCode::FAILURE);
    };
    let export = ExportSettings::to(receiver);
    let exporting =
        Exporting::start(smoke_test::resource(), HeadSampler::ratio(1.0), export, None, &Metrics::default())?;
    let test = smoke_test::run(&places, &stack()?, &uuid::Uuid::new_v4().simple().to_string()).await;
    exporting.flush().await;
    let trace = complete(board, &test.trace_id).await;
    let missing = smoke_test::missing(&test, &trace);
    if json {
        println!("{}", report::json(&test, &trace, &missing));
    } else {
        report::test(&test, &trace, &missing);
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The smoke test's trace, once all of it is there; or as much of it as arrived.
async fn complete(board: &Board, trace_id: &str) -> Trace {
    let whole = |trace: &Trace| smoke_test::is_whole(trace);
    let arrived = board.servers.otlp.wait_for(trace_id, whole, TRACE_ARRIVES).await;
    arrived.unwrap_or_else(|_| board.servers.otlp.trace(trace_id))
}
