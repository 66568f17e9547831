//! See [`boardctl`].

use std::process::ExitCode;

use boardctl::command_line::{Command, CommandLine};
use boardctl::ship::{back, forward, status};
use boardctl::{affected, bench, doctor, manifests, new, rehearse, sabotage, skew, up};
use clap::Parser as _;
use platform::config::EXIT_MISCONFIGURED;
use platform::telemetry::log::chain;

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
        Command::New(options) => new::run(&options).map_err(|error| chain(&error)),
        Command::Affected(options) => affected::run(&options).await.map_err(|error| chain(&error)),
        Command::Skew(options) => skew::run(&options).await.map_err(|error| chain(&error)),
        Command::Manifests(options) => manifests::run(&options).map_err(|error| chain(&error)),
        Command::Sabotage(options) => sabotage::run(&options).await.map_err(|error| chain(&error)),
        Command::Bench(options) => bench::run(&options).await.map_err(|error| chain(&error)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("boardctl: {error}");
        ExitCode::FAILURE
    })
}
