//! What a run would do, without touching anything.

use deploy::run::{Order, Survey, Told};
use serde_json::json;

use super::exit::Exit;
use super::say::LastWord;
use super::status::machines;
use super::target::Target;
use super::tree::Wanted;
use super::{ended, said};

/// What stands there, and what would be done.
pub(crate) async fn told(wanted: &Wanted, target: &Target, order: &Order) -> LastWord {
    let tell = |_: &Told| {};
    match target.deployer(&tell).survey(Some(order)).await {
        Ok(survey) => {
            LastWord { exit: Exit::Done, told: text(&wanted.name, &survey), more: json!({ "survey": survey }) }
        }
        Err(outcome) => ended::undone(&wanted.name, outcome, order),
    }
}

fn text(function: &str, survey: &Survey) -> String {
    format!(
        "{function}, as it stands:\n{}\n\nWhat would be done, if all goes well:\n{}",
        machines(survey),
        ahead(survey)
    )
}

/// What is ahead, a line a step.
pub(crate) fn ahead(survey: &Survey) -> String {
    let steps = survey.ahead.iter().map(|step| format!("  {}", said::doing(step)));
    steps.collect::<Vec<_>>().join("\n")
}
