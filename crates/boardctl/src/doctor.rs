//! `boardctl doctor`: what was assumed of Fly without having seen it, held against the real one.
//!
//! A deploy rests on a hundred small facts. Most were seen in flyctl's own traffic; the rest were written down as the safest
//! assumption. Each of those has a line here: what was assumed, what is so.

mod ask;
mod finding;
mod reads;
mod writes;

use std::process::ExitCode;

use serde_json::json;

use crate::ship::exit::Exit;
use crate::ship::say::{LastWord, Say};
use crate::ship::tree::{self, Files, Wanted};
use crate::ship::{self, ShipError, help};
use ask::Asker;
use finding::{Finding, Verdict};

/// Options of `boardctl doctor`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// What is looked at.
    #[command(subcommand)]
    pub whom: Whom,
}

/// What can be looked at.
#[derive(clap::Subcommand, Debug)]
pub enum Whom {
    /// Fly, as far as a deploy rests on it: a line an assumption.
    Fly(FlyOptions),
}

/// Options of `boardctl doctor fly`.
#[derive(clap::Args, Debug)]
#[command(after_help = help())]
pub struct FlyOptions {
    /// By the app of this function, by the name of its file in fly/.
    #[arg(default_value = "api")]
    pub function: String,
    /// Look at what only a write shows, too: a scratch machine is made of the image that runs, cordoned and never started
    /// unless it must be, and removed again. Without this nothing is written.
    #[arg(long)]
    pub write: bool,
    /// One JSON object a line, the last of them the outcome.
    #[arg(long)]
    pub json: bool,
}

/// Looks.
pub async fn run(options: &Options) -> ExitCode {
    let Whom::Fly(options) = &options.whom;
    let say = Say::new(options.json);
    let last = match prepared(options) {
        Ok((wanted, asker)) => looked(options, &wanted, &asker, say).await,
        Err(error) => error.into(),
    };
    say.end(&last);
    last.exit.into()
}

fn prepared(options: &FlyOptions) -> Result<(Wanted, Asker), ShipError> {
    let app = || Ok(Files::here(&tree::root()?)?.read(&options.function)?);
    let (wanted, settings) = ship::both(app(), ship::settings())?;
    let asker = Asker::of(&wanted, &settings)?;
    Ok((wanted, asker))
}

async fn looked(options: &FlyOptions, wanted: &Wanted, asker: &Asker, say: Say) -> LastWord {
    let mut findings = Vec::new();
    let mut tell = |finding: Finding| {
        say.part(&finding.line(), &json!(finding));
        findings.push(finding.verdict);
    };
    let machines = reads::all(asker, &mut tell).await;
    if options.write {
        writes::all(asker, wanted, machines.first(), &mut tell).await;
    }
    let count = |verdict: Verdict| findings.iter().filter(|its| **its == verdict).count();
    let (ok, differs) = (count(Verdict::Ok), count(Verdict::Differs));
    let (noted, unseen) = (count(Verdict::Noted), count(Verdict::NotSeen));
    let exit = if differs > 0 { Exit::NeedsAPerson } else { Exit::Done };
    let hint = if options.write { "" } else { " --write looks at what only a scratch machine shows." };
    let told = format!("{ok} as assumed, {differs} differ, {noted} noted, {unseen} not seen.{hint}");
    let more = json!({ "ok": ok, "differs": differs, "noted": noted, "not_seen": unseen });
    LastWord { more, ..LastWord::new(exit, told) }
}
