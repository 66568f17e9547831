//! See [`boardctl`].

use std::process::ExitCode;

use boardctl::{sabotage, up};
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
    /// Takes each safety feature out, one at a time, and demands that the test which guards it fails.
    Sabotage(sabotage::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Up(options) => up::run(&options).await.map_err(|error| chain(&error)),
        Command::Sabotage(options) => sabotage::run(&options).await.map_err(|error| chain(&error)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("boardctl: {error}");
        ExitCode::FAILURE
    })
}
