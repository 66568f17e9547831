//! `boardctl rehearse`: a whole deploy on this machine, by the very program that does it in production. Fly is a stand-in,
//! machines are processes of this tree behind HAProxy, PostgreSQL and Redis are real, and people ask all the time; every answer
//! is checked.

mod breakage;
mod fault;
mod mails;
mod meters;
mod play;
mod release;
mod report;
mod run;
mod scene;
mod scripts;
mod stage;
mod timeline;

use std::process::ExitCode;

use platform::telemetry::log::chain;
use serde_json::json;
use testbed::board::Part;

pub use fault::{Fault, Moment};
pub use play::Wanted;
pub use release::Release;
pub use report::{Mails, Report, Requests, Rounds};
pub use run::Came;
pub use stage::Stage;
pub use timeline::{Look, Seen};

use crate::ship::tree;
use crate::sibling;

/// Requests a second.
const RATE: f64 = 250.0;

/// Options of `boardctl rehearse`.
#[derive(clap::Args, Debug)]
#[command(after_help = Fault::list())]
pub struct Options {
    /// Which function, by its name in fly/: api, applications, email-worker, …
    #[arg(default_value = "api", value_parser = function)]
    pub function: Part,
    /// What goes wrong meanwhile.
    #[arg(long)]
    pub fault: Option<Fault>,
    /// So many deploys in a row, where nothing goes wrong.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100), conflicts_with = "fault")]
    pub times: u32,
    /// As long as it takes in production: without this, margins, checks, soak and drain are a tenth.
    #[arg(long)]
    pub real_times: bool,
    /// One JSON object a line: each change of who serves, and at last what it came to.
    #[arg(long)]
    pub json: bool,
}

fn function(text: &str) -> Result<Part, String> {
    let wanted = || Part::functions().into_iter().map(Part::name).collect::<Vec<_>>().join(", ");
    Part::named(text).ok_or_else(|| format!("wanted one of {}", wanted()))
}

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// A server, a migration or a function did not start.
    #[error(transparent)]
    Testbed(#[from] testbed::Error),
    /// The stand-in did not start, or does not do what it is told.
    #[error(transparent)]
    StandIn(#[from] fly_stand_in::site::Error),
    /// A statement of the rehearsal itself failed.
    #[error("the rehearsal's own statement failed")]
    Sql(#[source] tokio_postgres::Error),
    /// A call of the rehearsal itself failed.
    #[error("the rehearsal's own call failed")]
    Http(#[from] reqwest::Error),
    /// Something did not come in time.
    #[error("{0}")]
    Late(String),
    /// There is no tree to take functions from.
    #[error("{0}")]
    Tree(String),
    /// A fault that the function cannot have.
    #[error("{0} does not befall {1}: wanted {2}")]
    NoFault(Fault, &'static str, String),
}

/// Rehearses.
///
/// # Errors
/// When something does not start; what had started is ended.
pub async fn run(options: &Options) -> Result<ExitCode, RehearseError> {
    let root = tree::root().map_err(|error| RehearseError::Tree(chain(&error)))?;
    if let Some(fault) = options.fault.filter(|fault| !fault.befalls(options.function)) {
        let can = Part::functions().into_iter().filter(|part| fault.befalls(*part)).map(Part::name).collect::<Vec<_>>();
        return Err(RehearseError::NoFault(fault, options.function.name(), can.join(" or ")));
    }
    let tell: fn(&Look) = if options.json { tell_json } else { tell };
    say(options.json, "starting PostgreSQL, Redis and the stand-in for Fly, and the release that runs first");
    let mut stage = Stage::set(root, sibling::binary, options.real_times).await?;
    let wanted =
        Wanted { part: options.function, fault: options.fault, times: options.times, rate: RATE, least: 0, tell };
    let report = stage.rehearse(wanted).await?;
    if options.json {
        println!("{}", json!(report));
    } else {
        println!("{}", report.text());
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say(json: bool, what: &str) {
    if json { eprintln!("{what}") } else { println!("{what}") }
}

fn tell(look: &Look) {
    println!("{}", look.line());
}

fn tell_json(look: &Look) {
    println!("{}", json!(look));
}
