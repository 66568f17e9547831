//! See [`boardctl`].

use std::process::ExitCode;

use boardctl::{affected, bench, manifests, sabotage, up};
use clap::{Parser, Subcommand};
use platform::telemetry::log::chain;

#[derive(Parser)]
#[command(
    name = "boardctl",
    about = "Runs the job board and proves that it can be trusted",
    arg_required_else_help = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole board on this machine, with sample jobs, until Ctrl-C.
    Up(up::Options),
    /// Tells which functions a change affects, and whether they are to be shipped.
    Affected(affected::Options),
    /// Prints the functions for Kubernetes, by the files in fly/.
    Manifests(manifests::Options),
    /// Takes each safety feature out, one at a time, and demands that the test which guards it fails.
    Sabotage(sabotage::Options),
    /// Measures what a request costs, with and without each guard at work, side by side.
    Bench(bench::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Up(options) => up::run(&options).await.map_err(|error| chain(&error)),
        Command::Affected(options) => affected::run(&options).map_err(|error| chain(&error)),
        Command::Manifests(options) => manifests::run(&options).map_err(|error| chain(&error)),
        Command::Sabotage(options) => sabotage::run(&options).await.map_err(|error| chain(&error)),
        Command::Bench(options) => bench::run(&options).await.map_err(|error| chain(&error)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("boardctl: {error}");
        ExitCode::FAILURE
    })
}
