//! `boardctl sabotage`: takes each safety feature out, one at a time, and demands that the test which guards it fails.
//!
//! A feature is where the code asks `sabotage::takes_out("its name")`; its guard is the one test whose doc comment says
//! `Guards: its name.` Both are found in the sources. A guard has to pass with everything in place and to fail with
//! its feature taken out, in the same build.

mod drill;
mod sources;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use drill::{Drill, Outcome, Test};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

/// Guards that run at once for each core: most of their time they wait.
const AT_ONCE: usize = 3;

/// Options of `boardctl sabotage`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Only the features whose names contain this text.
    #[arg(long)]
    pub only: Option<String>,
    /// Print the table as JSON.
    #[arg(long)]
    pub json: bool,
    /// The workspace.
    #[arg(long, default_value = ".")]
    pub workspace: PathBuf,
}

/// Why there was no drill.
#[derive(Debug, thiserror::Error)]
pub enum SabotageError {
    /// A program could not be built or started.
    #[error(transparent)]
    Testbed(#[from] testbed::Error),
    /// A source cannot be read.
    #[error("{0} cannot be read: {1}")]
    Source(PathBuf, #[source] std::io::Error),
    /// Features and guards do not match.
    #[error("features and their guards do not match:\n{}", .0.join("\n"))]
    Unmatched(Vec<String>),
    /// Safety features are taken out of builds like this program's own.
    #[error("a release build has no safety feature that can be taken out: use scripts/test sabotage")]
    Release,
    /// Nothing has this name.
    #[error("no safety feature's name contains {0:?}")]
    Unknown(String),
}

/// A row of the table.
struct Row {
    feature: String,
    test: String,
    outcome: Outcome,
    seconds: f64,
}

/// Runs the drill; 0 when every guard turned red.
///
/// # Errors
/// When features and guards do not match, or something cannot be built or started.
pub async fn run(options: &Options) -> Result<ExitCode, SabotageError> {
    let mut guards = sources::guards(&options.workspace)?;
    if let Some(only) = &options.only {
        guards.retain(|guard| guard.feature.contains(only));
        if guards.is_empty() {
            return Err(SabotageError::Unknown(only.clone()));
        }
    }
    // No other can take anything out.
    if cfg!(not(debug_assertions)) {
        return Err(SabotageError::Release);
    }
    eprintln!("building the tests");
    let found = Drill::build()?.find(guards).await?;
    eprintln!("running the guards of {} safety features with everything in place", found.len());
    let tests: Vec<&Test> = found.iter().filter_map(|(_, test)| test.as_ref()).collect();
    let at_once = AT_ONCE * std::thread::available_parallelism().map_or(1, NonZero::get);
    let broken = drill::broken(&tests).await?;
    let (count, done) = (found.len(), AtomicUsize::new(0));
    let rows = futures_util::stream::iter(found).map(|(guard, test)| {
        let (broken, done) = (&broken, &done);
        async move {
            let began = Instant::now();
            let outcome = match &test {
                None => Outcome::Missing,
                Some(test) if broken.contains(&test.name) => Outcome::Broken,
                Some(test) => test.without(&guard.feature).await?,
            };
            let number = done.fetch_add(1, Ordering::Relaxed) + 1;
            eprintln!("[{number}/{count}] without {}: {}", guard.feature, outcome.how());
            let test = format!("{}: {}", shown(&guard.file, &options.workspace), guard.test);
            Ok::<_, SabotageError>(Row {
                feature: guard.feature,
                test,
                outcome,
                seconds: began.elapsed().as_secs_f64(),
            })
        }
    });
    // One that hangs holds up none of the others.
    let mut rows: Vec<Row> = rows.buffer_unordered(at_once).try_collect().await?;
    rows.sort_by(|a, b| a.feature.cmp(&b.feature));
    report(&rows, options.json);
    let red = rows.iter().all(|row| matches!(row.outcome, Outcome::Red(_)));
    Ok(if red { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn shown(file: &Path, workspace: &Path) -> String {
    file.strip_prefix(workspace).unwrap_or(file).display().to_string()
}

fn report(rows: &[Row], as_json: bool) {
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                let red = matches!(row.outcome, Outcome::Red(_));
                json!({ "feature": row.feature, "test": row.test, "red": red, "how": row.outcome.how(), "s": row.seconds })
            })
            .collect();
        println!("{}", json!(rows));
        return;
    }
    println!("\n| without | the test that guards it | how it fails | s |\n| --- | --- | --- | --- |");
    for row in rows {
        println!("| {} | {} | {} | {:.1} |", row.feature, row.test, row.outcome.how(), row.seconds);
    }
    let green = rows.iter().filter(|row| !matches!(row.outcome, Outcome::Red(_))).count();
    println!("\n{} features, {green} of them without a guard that fails", rows.len());
}
