//! See [`boardctl`].

use std::process::ExitCode;

use boardctl::ship::{back, forward, status};
use boardctl::{bench, doctor, rehearse, sabotage, up};
use clap::{Parser, Subcommand};
use platform::config::EXIT_MISCONFIGURED;
use platform::telemetry::log::chain;

#[derive(Parser)]
#[command(
    name = "boardctl",
    about = "Runs the job board, ships it, and proves that it can be trusted",
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
    /// Brings a release of a function to Fly, without losing a request; what is not good is taken back.
    Deploy(forward::Options),
    /// Takes back what is in mid-deploy, or brings back a release that ran before.
    Rollback(back::Options),
    /// Says what stands on Fly, who is at work there, and what the next run would do.
    Status(status::Options),
    /// Deploys a function on this machine as it would be on Fly, with people asking all the time, and faults if wanted.
    Rehearse(rehearse::Options),
    /// Holds what is assumed of others against them, without changing anything.
    Doctor(doctor::Options),
    /// Takes each safety feature out, one at a time, and demands that the test which guards it fails.
    Sabotage(sabotage::Options),
    /// Measures what a request costs, with and without each guard at work, side by side.
    Bench(bench::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(told) => {
            // A pipe that nobody reads is no mistake of ours.
            let _ = told.print();
            return if told.use_stderr() { EXIT_MISCONFIGURED.into() } else { ExitCode::SUCCESS };
        }
    };
    let done = match line.command {
        Command::Up(options) => up::run(&options).await.map_err(|error| chain(&error)),
        Command::Deploy(options) => Ok(forward::run(&options).await),
        Command::Rollback(options) => Ok(back::run(&options).await),
        Command::Status(options) => Ok(status::run(&options).await),
        Command::Doctor(options) => Ok(doctor::run(&options).await),
        Command::Rehearse(options) => rehearse::run(&options).await.map_err(|error| chain(&error)),
        Command::Sabotage(options) => sabotage::run(&options).await.map_err(|error| chain(&error)),
        Command::Bench(options) => bench::run(&options).await.map_err(|error| chain(&error)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("boardctl: {error}");
        ExitCode::FAILURE
    })
}
