//! `boardctl deploy` as a process of its own, as a person or a pipeline starts it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use testbed::process::{Command, Process};
use testbed::wait;

use super::RehearseError;
use super::fault::Moment;

/// How often its lines are looked at: a moment is over in a call's time.
const LOOK: Duration = Duration::from_millis(5);

/// A deploy that is under way.
pub(super) struct Run {
    process: Process,
    began: Instant,
}

/// What a deploy came to.
#[derive(Clone, Debug, Serialize)]
pub struct Came {
    /// Its exit code; none when it was killed.
    pub code: Option<i32>,
    /// The last line's sentences.
    pub told: String,
    /// How long it took.
    pub seconds: f64,
    /// Since when a fault had been seen until all was as before: of those that were taken back.
    pub back_after: Option<f64>,
    /// When a fault of the new machines was seen.
    #[serde(skip)]
    pub(super) verdict: Option<Instant>,
    /// The steps that it took, as lines for people.
    #[serde(skip)]
    pub lines: Vec<String>,
}

impl Run {
    pub(super) fn start(command: &Command) -> Result<Self, RehearseError> {
        Ok(Self { process: command.start()?, began: Instant::now() })
    }

    /// The program with its environment, for a function and more arguments.
    pub(super) fn command(boardctl: PathBuf, root: PathBuf, environment: &[(&str, String)]) -> Command {
        let command = Process::command(boardctl).name("deploy").clean_env().in_folder(root);
        environment.iter().fold(command, |command, (name, value)| command.env(*name, value.clone()))
    }

    /// Waits for a moment.
    pub(super) async fn until(&self, moment: Moment, patience: Duration) -> Result<(), RehearseError> {
        let late = || RehearseError::Late(format!("the deploy did not come to {moment:?}:\n{}", self.process.output()));
        while !has_come(&self.events(), moment) {
            if self.began.elapsed() > patience || !self.process.is_running() {
                return Err(late());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits until it has said something.
    pub(super) async fn says(&self, what: &str, patience: Duration) -> Result<(), RehearseError> {
        Ok(wait::until(patience, what, async || self.process.output().contains(what)).await?)
    }

    /// Kills it: nothing of it is tidied up.
    pub(super) fn kill(self) -> Came {
        self.process.kill();
        self.came(None)
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, signal: nix::sys::signal::Signal) -> Result<(), RehearseError> {
        Ok(self.process.signal(signal)?)
    }

    /// Waits until it ends.
    pub(super) async fn end(self, patience: Duration) -> Result<Came, RehearseError> {
        let status = self.process.wait(patience).await?;
        Ok(self.came(status.code()))
    }

    /// Waits until it ends; all that it said.
    pub(super) async fn output(self, patience: Duration) -> Result<String, RehearseError> {
        self.process.wait(patience).await?;
        Ok(self.process.output())
    }

    fn came(&self, code: Option<i32>) -> Came {
        let events = self.events();
        let told = |event: &Value| event["told"].as_str().unwrap_or_default().to_owned();
        let at = |event: &Value| Some(event["at_ms"].as_f64()? / 1_000.0);
        let fault = events.iter().find(|event| event["event"] == "fault" && event["whose"] == "greens").and_then(at);
        let end = events.iter().rev().find_map(at);
        let last = events.last().filter(|last| last.get("outcome").is_some()).map(told);
        Came {
            code,
            told: last.unwrap_or_else(|| self.process.output().lines().last().unwrap_or_default().to_owned()),
            seconds: self.began.elapsed().as_secs_f64(),
            back_after: fault.zip(end).map(|(fault, end)| end - fault),
            verdict: fault.map(|fault| self.began + Duration::from_secs_f64(fault)),
            lines: events
                .iter()
                .map(|event| format!("[{:7.2} s] {}", at(event).unwrap_or_default(), told(event)))
                .collect(),
        }
    }

    fn events(&self) -> Vec<Value> {
        // The last line may be half written.
        self.process.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// Whether a run has come to a moment, by what it has told.
fn has_come(events: &[Value], moment: Moment) -> bool {
    let is = |event: &Value, kind: &str, step: &str| event["event"] == kind && event["step"] == step;
    let any = |kind: &str, step: &str| events.iter().any(|event| is(event, kind, step));
    let after = |done: &str, begun: &str| {
        let last = events.iter().rposition(|event| is(event, "done", done));
        last.is_some_and(|last| events[last..].iter().any(|event| is(event, "begun", begun)))
    };
    match moment {
        Moment::Created => any("done", "create"),
        Moment::Uncordoned => after("uncordon", "look"),
        Moment::Soaking => after("cordon", "wait"),
        Moment::Stopping => any("done", "stop"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_has_come_when_its_step_was_told() {
        let event = |kind: &str, step: &str| json!({ "event": kind, "step": step });
        let mut events = vec![event("begun", "create")];
        assert!(!has_come(&events, Moment::Created));
        events.push(event("done", "create"));
        assert!(has_come(&events, Moment::Created) && !has_come(&events, Moment::Uncordoned));
        events.extend([event("begun", "wait"), event("done", "cordon")]);
        assert!(!has_come(&events, Moment::Soaking), "the wait was one before");
        events.push(event("begun", "wait"));
        assert!(has_come(&events, Moment::Soaking));
    }
}
