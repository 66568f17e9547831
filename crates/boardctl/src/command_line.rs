//! What can be typed.

use clap::{Parser, Subcommand};

use crate::ship::{back, forward, status};
use crate::{affected, bench, doctor, manifests, new, rehearse, sabotage, skew, up};

#[derive(Parser)]
#[command(
    name = "boardctl",
    about = "Runs the job board, ships it, and proves that it can be trusted",
    arg_required_else_help = true
)]
/// The whole command line.
pub struct CommandLine {
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// What there is to do.
#[derive(Subcommand)]
pub enum Command {
    /// Runs the whole board on this machine, with sample jobs, until Ctrl-C.
    Up(up::Options),
    /// Makes one more function, whole: crate, tests, app, role; up, rehearsals and the pipeline find it by themselves.
    New(new::Options),
    /// Tells which functions a change affects, and whether they are to be shipped.
    Affected(affected::Options),
    /// Tells whether the functions of an older commit run on with the migrations that are here.
    Skew(skew::Options),
    /// Brings a release of a function to Fly, without losing a request; what is not good is taken back.
    Deploy(forward::Options),
    /// Takes back what is in mid-deploy, or brings back a release that ran before.
    Rollback(back::Options),
    /// Says what stands on Fly, who is at work there, and what the next run would do.
    Status(status::Options),
    /// Deploys a function on this machine as it would be on Fly, with people asking all the time, and faults if wanted.
    Rehearse(rehearse::Options),
    /// Holds what is assumed of others against them; changes nothing without --write.
    Doctor(doctor::Options),
    /// Prints the functions for Kubernetes, by the files in fly/.
    Manifests(manifests::Options),
    /// Takes each safety feature out, one at a time, and demands that the test which guards it fails.
    Sabotage(sabotage::Options),
    /// Measures what a request costs, with and without each guard at work, side by side.
    Bench(bench::Options),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command of the README's guides, as a person would fill it in.
    #[test]
    fn what_the_readme_has_people_type_is_understood() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let filled = |line: &str| {
            let mut line =
                line.replace("COMMIT-ID", "0123abc-1").replace("COMMIT", "0123abc").replace("sha256:…", &digest);
            // Those of the guide that rotates secrets: the image that runs.
            for (variable, app) in [("API", "api"), ("APPLICATIONS", "applications"), ("EMAIL_WORKER", "email-worker")]
            {
                let image = format!("registry.fly.io/board-{app}:deployment-0123abc-1@{digest}");
                line = line.replace(&format!("\"${variable}\""), &image);
            }
            line
        };
        let code = include_str!("../../../README.md").lines().filter(|line| line.starts_with("boardctl "));
        // What follows a pipe is another program's.
        let ours = code.filter_map(|line| line.split(" | ").next());
        let commands: Vec<String> = ours.map(filled).collect();
        assert!(commands.len() >= 4, "{commands:?}");
        for command in commands {
            if let Err(wrong) = CommandLine::try_parse_from(command.split_whitespace()) {
                panic!("{command}: {wrong}");
            }
        }
    }
}
