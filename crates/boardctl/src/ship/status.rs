//! `boardctl status`: what stands there, who is at work, and what the next run would do.

use std::process::ExitCode;

use deploy::run::{Order, Standing, Survey, Told};
use serde_json::json;

use super::exit::Exit;
use super::say::{LastWord, Say};
use super::settings::ShipSettings;
use super::target::Target;
use super::tree::{self, Files, Wanted};
use super::{ShipError, both, ended, help, plan, settings};

/// Options of `boardctl status`.
#[derive(clap::Args, Debug)]
#[command(after_help = help())]
pub struct Options {
    /// Of which function, by the name of its file in fly/; without it, of all that run on and on.
    pub function: Option<String>,
    /// One JSON object a line: one for each function, the last the outcome.
    #[arg(long)]
    pub json: bool,
}

/// Looks, and touches nothing.
pub async fn run(options: &Options) -> ExitCode {
    let say = Say::new(options.json);
    let last = match prepared(options) {
        Ok((apps, settings)) => all(&apps, &settings, say).await,
        Err(error) => error.into(),
    };
    say.end(&last);
    last.exit.into()
}

fn prepared(options: &Options) -> Result<(Vec<Wanted>, ShipSettings), ShipError> {
    both(apps(options.function.as_deref()), settings())
}

fn apps(function: Option<&str>) -> Result<Vec<Wanted>, ShipError> {
    // A tree that breaks rules still has machines.
    let files = Files::here(&tree::root()?)?;
    if let Some(function) = function {
        return Ok(vec![files.read(function)?]);
    }
    let all = files.names().into_iter().map(|name| files.read(name)).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|wanted| !wanted.is_one_off()).collect())
}

async fn all(apps: &[Wanted], settings: &ShipSettings, say: Say) -> LastWord {
    let mut worst = Exit::Done;
    for wanted in apps {
        let target = match Target::looked_at(wanted, settings) {
            Ok(target) => target,
            Err(error) => return error.into(),
        };
        let tell = |_: &Told| {};
        // A mend is what the next run does before anything else.
        match target.deployer(&tell).survey(Some(&Order::Mend)).await {
            Ok(survey) => say.part(
                &text(wanted, &survey),
                &json!({
                    "function": wanted.name, "app": wanted.toml.app, "machines": survey.machines, "ahead": survey.ahead,
                }),
            ),
            Err(outcome) => {
                let last = ended::undone(&wanted.name, outcome, &Order::Mend);
                say.part(&last.told, &json!({ "function": wanted.name, "app": wanted.toml.app, "told": last.told }));
                worst = worst.max(last.exit);
            }
        }
    }
    LastWord::new(worst, "")
}

fn text(wanted: &Wanted, survey: &Survey) -> String {
    let lock = survey.machines.iter().find_map(|machine| machine.leased.as_deref());
    let lock = lock.map_or_else(|| "nobody is at work".to_owned(), |by| format!("somebody is at work, {by}"));
    format!(
        "{} ({}): {lock}\n{}\n  the next run, before what it is asked for:\n{}\n",
        wanted.name,
        wanted.toml.app,
        machines(survey),
        indented(&plan::ahead(survey))
    )
}

fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Every machine, by its colour.
pub(super) fn machines(survey: &Survey) -> String {
    if survey.machines.is_empty() {
        return "  no machine".to_owned();
    }
    let mut lines = Vec::new();
    let mut colours: Vec<&Standing> = Vec::new();
    for machine in &survey.machines {
        if colours.iter().all(|first| first.colour != machine.colour) {
            colours.push(machine);
        }
    }
    for first in colours {
        lines.push(format!("  {}", colour(first)));
        let own = survey.machines.iter().filter(|machine| machine.colour == first.colour);
        lines.extend(own.map(|machine| format!("    {}", line(machine))));
    }
    lines.join("\n")
}

fn colour(first: &Standing) -> String {
    let commit =
        first.commit.as_deref().map_or("of no known commit".to_owned(), |it| format!("commit {}", ended::short(it)));
    let tag = first.tag.as_deref().map(|tag| format!(", {tag}")).unwrap_or_default();
    let whose = if first.ours { "" } else { ", not made by boardctl" };
    let verdict = first.verdict.as_deref().unwrap_or(if first.ours { "no verdict yet" } else { "counts as good" });
    let refused = first.refused.as_deref();
    let refused = refused.map(|commit| format!(" ({} failed beside it)", ended::short(commit))).unwrap_or_default();
    format!("{}: {commit}{tag}{whose}, {verdict}{refused}", first.part)
}

fn line(machine: &Standing) -> String {
    let (passing, all) = machine.checks;
    let cordon = match (machine.cordoned, machine.rested) {
        (true, true) => ", resting",
        (true, false) => ", cordoned",
        (false, _) => "",
    };
    let ill = if machine.ill { ", its host is ill" } else { "" };
    let leased = machine.leased.as_deref().map(|by| format!(", {by}")).unwrap_or_default();
    let Standing { machine, region, state, .. } = machine;
    format!("{machine}  {region}  {state}{cordon}, {passing}/{all} checks{ill}{leased}")
}

#[cfg(test)]
mod tests {
    use deploy::run::{Doing, Which};

    use super::*;

    fn standing(name: &str, part: &'static str, commit: &str, verdict: Option<&str>) -> Standing {
        Standing {
            machine: Which { id: "9080a0b0c0d001".parse().ok(), name: name.to_owned() },
            region: "ams".to_owned(),
            state: "started".to_owned(),
            colour: commit.to_owned(),
            ours: true,
            part,
            commit: Some(commit.repeat(8)),
            tag: Some("deployment-1".to_owned()),
            cordoned: part == "kept",
            rested: part == "kept",
            ill: false,
            verdict: verdict.map(str::to_owned),
            refused: None,
            checks: (2, 3),
            leased: Some("leased by ada for \"boardctl 7\"".to_owned()),
        }
    }

    #[test]
    fn colours_are_told_apart_with_verdicts_the_lock_and_what_is_ahead() {
        let machines = vec![
            standing("board-api-1-0", "kept", "aaaaa", Some("passed")),
            standing("board-api-1-1", "kept", "aaaaa", Some("passed")),
            standing("board-api-2-0", "green", "bbbbb", None),
        ];
        let survey = Survey { machines, ahead: vec![Doing::End { how: "nothing to do".to_owned() }] };
        let files = Files::here(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).expect("our own");
        let told = text(&files.read("api").expect("api"), &survey);
        // Whatever it is called where this is run.
        insta::assert_snapshot!(told.replace(&testbed::board::app("api"), "board-api"));
    }
}
