//! Running guards: all with everything in place, then each without its feature.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use testbed::cargo::{TestProgram, test_programs};
use testbed::process::Process;

use super::SabotageError;
use super::sources::Guard;

/// A guard that takes longer than this hangs: some do when what they guard is gone.
const PATIENCE: Duration = Duration::from_secs(60);
/// Programs of tests that run at once with everything in place: each runs several of its tests at once itself.
const PROGRAMS: usize = 3;
/// As much of a failure's first line as fits a table.
const SHOWN: usize = 80;
/// And as much of each of two values that differ.
const SHOWN_OF_A_SIDE: usize = 40;

/// What came of taking a feature out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As it must: the guard failed, and how.
    Red(String),
    /// The guard passed: it guards nothing.
    Green,
    /// The guard failed with everything in place.
    Broken,
    /// There is no such test in the programs that cargo built.
    Missing,
}

impl Outcome {
    pub(super) fn how(&self) -> String {
        match self {
            Self::Red(how) => how.clone(),
            Self::Green => "NOT AT ALL: it guards nothing".to_owned(),
            Self::Broken => "EVEN WITH IT IN PLACE".to_owned(),
            Self::Missing => "THERE IS NO SUCH TEST".to_owned(),
        }
    }
}

/// The programs of tests.
pub(super) struct Drill(Vec<TestProgram>);

impl Drill {
    pub(super) fn build() -> Result<Self, SabotageError> {
        Ok(Self(test_programs()?))
    }

    /// Where each guard's test is, if it is anywhere.
    pub(super) async fn find(&self, guards: Vec<Guard>) -> Result<Vec<(Guard, Option<Test>)>, SabotageError> {
        let mut listings = HashMap::new();
        let mut found = Vec::new();
        for guard in guards {
            let file = guard.file.canonicalize().unwrap_or_else(|_| guard.file.clone());
            let mut test = None;
            for program in self.0.iter().filter(|program| may_hold(program, &file)) {
                if !listings.contains_key(&program.path) {
                    listings.insert(program.path.clone(), listing(program).await?);
                }
                let names = listings.get(&program.path).into_iter().flatten();
                let own = |name: &&String| name.rsplit("::").next() == Some(&guard.test);
                test = test.or(names.into_iter().find(own).map(|name| Test::new(program, name)));
            }
            found.push((guard, test));
        }
        Ok(found)
    }
}

/// A test of a program.
#[derive(Clone, Debug)]
pub(super) struct Test {
    program: TestProgram,
    pub(super) name: String,
}

impl Test {
    fn new(program: &TestProgram, name: &str) -> Self {
        Self { program: program.clone(), name: name.to_owned() }
    }

    /// Runs it without this feature.
    pub(super) async fn without(&self, feature: &str) -> Result<Outcome, SabotageError> {
        let run = started(&self.program, [self.name.as_str()].into_iter(), feature)?;
        Ok(match run.wait(PATIENCE).await {
            Ok(status) if status.success() => Outcome::Green,
            Ok(_) => Outcome::Red(told(&run.output())),
            Err(_) => Outcome::Red(format!("it hangs for {} s", PATIENCE.as_secs())),
        })
    }
}

/// Runs all of these tests with everything in place, a few programs at once; the names of those that fail.
pub(super) async fn broken(tests: &[&Test]) -> Result<Vec<String>, SabotageError> {
    let mut by_program: BTreeMap<&Path, Vec<&Test>> = BTreeMap::new();
    for test in tests {
        by_program.entry(&test.program.path).or_default().push(test);
    }
    let broken = futures_util::stream::iter(by_program.into_values().map(broken_of)).buffer_unordered(PROGRAMS);
    broken.try_concat().await
}

/// The same, of tests of one program.
async fn broken_of(tests: Vec<&Test>) -> Result<Vec<String>, SabotageError> {
    let Some(first) = tests.first() else { return Ok(Vec::new()) };
    let run = started(&first.program, tests.iter().map(|test| test.name.as_str()), "")?;
    let ended = run.wait(PATIENCE * 4).await?;
    let output = run.output();
    let failed = |test: &&&Test| !output.contains(&format!("test {} ... ok", test.name));
    Ok(tests.iter().filter(failed).map(|test| test.name.clone()).filter(|_| !ended.success()).collect())
}

async fn listing(program: &TestProgram) -> Result<Vec<String>, SabotageError> {
    let listing = Process::command(&program.path).in_folder(&program.folder).args(["--list", "--format=terse"]);
    let listing = listing.start()?;
    listing.wait(PATIENCE).await?;
    Ok(listing.output().lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

fn started<'a>(
    program: &TestProgram,
    names: impl Iterator<Item = &'a str>,
    without: &str,
) -> Result<Process, SabotageError> {
    let command = Process::command(&program.path).in_folder(&program.folder).arg("--exact").args(names);
    Ok(command.env("SABOTAGE", without).env("RUST_BACKTRACE", "0").start()?)
}

/// Unit tests stand under `src`, integration tests under `tests`, of the same crate.
fn may_hold(program: &TestProgram, file: &Path) -> bool {
    let half = |path: &Path| {
        path.strip_prefix(&program.folder).ok().and_then(|rest| rest.iter().next().map(ToOwned::to_owned))
    };
    half(file).is_some() && half(file) == half(&program.source)
}

/// The first line of what a failing test said, and the two values if it compared some. Between them there may be a page of
/// metrics or log.
fn told(output: &str) -> String {
    let from = output.lines().skip_while(|line| !line.contains("panicked at")).skip(1);
    let mut lines = from.take_while(|line| !line.starts_with("note:") && *line != "failures:").map(str::trim);
    let Some(first) = lines.next() else { return "it ended without a word".to_owned() };
    let sides = lines.filter(|line| line.starts_with("left: ") || line.starts_with("right: "));
    let sides = sides.map(|side| shortened(side, SHOWN_OF_A_SIDE));
    let shown: Vec<String> = std::iter::once(shortened(first, SHOWN)).chain(sides).collect();
    shown.join(" ").replace('|', "/")
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_its_first_words_and_by_what_differs() {
        let told_of =
            |said: &str| told(&format!("running 1 test\n\nthread 'a' panicked at x.rs:1:2:\n{said}\nnote: run\n"));
        assert_eq!(told_of("assertion failed: a | b"), "assertion failed: a / b");
        assert_eq!(told_of("failed: a log\n\n of lines\n  left: 1\n right: 2"), "failed: a log left: 1 right: 2");
        let (page, value) = ("x".repeat(81), "y".repeat(40));
        let shown = format!("{}… left: {}…", "x".repeat(80), "y".repeat(34));
        assert_eq!(told_of(&format!("{page}\n  left: {value}")), shown);
        assert_eq!(told("running 1 test\n\nfailures:\n"), "it ended without a word");
    }

    #[test]
    fn a_guard_is_looked_for_in_its_own_half_of_its_crate() {
        let path = |text: &str| std::path::PathBuf::from(text);
        let program = TestProgram { folder: path("/w/a"), source: path("/w/a/tests/it.rs"), path: path("/t/it") };
        assert!(may_hold(&program, Path::new("/w/a/tests/it/drain.rs")));
        assert!(!may_hold(&program, Path::new("/w/a/src/drain.rs")));
        assert!(!may_hold(&program, Path::new("/w/b/tests/it/drain.rs")));
    }
}
