//! See [`boardctl`].

use std::process::ExitCode;

use boardctl::up;
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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command::Up(options) = CommandLine::parse().command;
    match up::run(&options).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("boardctl: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}
