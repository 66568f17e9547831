//! The workspace's own programs, built by cargo and never stale.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::Error;
use crate::process::Process;

/// The binary of this name of any crate of the workspace.
///
/// The first call of a process builds them (`cargo build --workspace --bins --examples`: the examples make cargo select
/// the same features as for tests, so that after `scripts/test` has built nothing is left to do), and blocks meanwhile.
/// The profile is that of the caller, dev or release, unless `TESTBED_PROFILE` names another.
///
/// # Errors
///
/// When the build fails, with the compiler's words (every later call fails alike); when there is no such binary, with
/// the names of those that there are.
pub fn binary(name: &str) -> Result<PathBuf, Error> {
    pick(&executables(messages()?, "bin"), "binary", name)
}

/// An example of a crate of the workspace, from the same build.
///
/// # Errors
///
/// As [`binary`].
pub fn example(name: &str) -> Result<PathBuf, Error> {
    pick(&executables(messages()?, "example"), "example", name)
}

/// A program of tests, as cargo built it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestProgram {
    /// The folder of its crate, which is what it expects to run in.
    pub folder: PathBuf,
    /// Its main source file.
    pub source: PathBuf,
    /// The program.
    pub path: PathBuf,
}

/// Every program of tests of the workspace. Blocks while cargo builds.
///
/// # Errors
///
/// When the build fails, with the compiler's words.
pub fn test_programs() -> Result<Vec<TestProgram>, Error> {
    let what = ["test", "--no-run", "--workspace", "--all-targets"];
    cargo(here(), &what).map(|messages| test_executables(&messages)).map_err(Error::Unfit)
}

/// The binaries of these names of another tree of this workspace, built into `target`, with the features that they have here.
/// Blocks while cargo builds.
///
/// # Errors
///
/// When the build fails, with the compiler's words.
pub fn binaries_of(tree: &Path, target: &Path, names: &[&str]) -> Result<BTreeMap<String, PathBuf>, Error> {
    let target = target.display().to_string();
    // The selection is the workspace's: of one package cargo would select other features of what it depends on.
    let mut what = vec!["build", "--locked", "--workspace", "--target-dir", &target];
    what.extend(names.iter().flat_map(|name| ["--bin", name]));
    cargo(tree, &what).map(|messages| executables(&messages, "bin")).map_err(Error::Unfit)
}

fn messages() -> Result<&'static str, Error> {
    static BUILT: OnceLock<Result<String, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| cargo(here(), &["build", "--workspace", "--bins", "--examples"]));
    built.as_deref().map_err(|text| Error::Unfit(text.clone()))
}

/// Where each program is.
type Executables = BTreeMap<String, PathBuf>;

fn pick(found: &Executables, kind: &str, name: &str) -> Result<PathBuf, Error> {
    found.get(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        Error::Unfit(format!("cargo built no {kind} {name:?}, only {}", names.join(", ")))
    })
}

fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Runs cargo in this folder and returns its messages; or, when it fails, what a person can read of it.
fn cargo(folder: &Path, what: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let environment = std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(is_of_the_test));
    let command =
        environment.fold(Process::command(cargo).clean_env(), |command, (name, value)| command.env(name, value));
    command
        .in_folder(folder)
        .args(what.iter().copied())
        .args(["--message-format=json-render-diagnostics", "--profile", &profile()])
        .run()
        .map_err(|error| without_messages(&error))
}

/// What cargo tells a test about its package, and must not hear again: build scripts watch these, and everything behind
/// them would be built anew, here and in the next build by hand.
fn is_of_the_test(name: &str) -> bool {
    name == "OUT_DIR" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// What a person can read of a failed build: cargo's messages for programs are left out.
fn without_messages(error: &Error) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("{\"reason\"")).collect();
    lines.join("\n")
}

fn profile() -> String {
    let own = if cfg!(debug_assertions) { "dev" } else { "release" };
    std::env::var("TESTBED_PROFILE").unwrap_or_else(|_| own.to_owned())
}

/// Reads cargo's messages, one JSON object a line; lines that are none are a build script's words.
fn executables(messages: &str, kind: &str) -> Executables {
    let artifact = |line: &str| -> Option<(String, PathBuf)> {
        let message: Value = serde_json::from_str(line).ok()?;
        let target = &message["target"];
        let kinds = target["kind"].as_array()?;
        let name = target["name"].as_str()?.to_owned();
        let path = PathBuf::from(message["executable"].as_str()?);
        // A binary's own unit tests are of the same kind and name.
        let tests = message["profile"]["test"] == true;
        (kinds.iter().any(|it| it == kind) && !tests).then_some((name, path))
    };
    messages.lines().filter_map(artifact).collect()
}

fn test_executables(messages: &str) -> Vec<TestProgram> {
    let artifact = |line: &str| -> Option<TestProgram> {
        let message: Value = serde_json::from_str(line).ok()?;
        let path = |value: &Value| value.as_str().map(PathBuf::from);
        let manifest = path(&message["manifest_path"])?;
        (message["profile"]["test"] == true).then_some(TestProgram {
            folder: manifest.parent()?.to_owned(),
            source: path(&message["target"]["src_path"])?,
            path: path(&message["executable"])?,
        })
    };
    messages.lines().filter_map(artifact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"Compiling words that are no message
{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"platform"},"executable":null}
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"api"},"executable":"/t/debug/api"}
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"api"},"profile":{"test":true},"executable":"/t/debug/deps/api-1"}
{"reason":"compiler-artifact","target":{"kind":["example"],"name":"hello"},"executable":"/t/debug/examples/hello"}
{"reason":"build-finished","success":true}"#;

    #[test]
    fn programs_are_read_from_cargos_messages_by_kind() {
        let bins = executables(MESSAGES, "bin");
        assert_eq!(bins, BTreeMap::from([("api".into(), "/t/debug/api".into())]));
        assert!(executables(MESSAGES, "example").contains_key("hello"));
    }

    #[test]
    fn programs_of_tests_are_told_with_their_crate_and_source() {
        let message = r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/api/Cargo.toml","target":{"kind":["test"],
            "name":"it","src_path":"/w/crates/api/tests/it.rs"},"profile":{"test":true},"executable":"/t/debug/deps/it-1"}"#;
        let found = test_executables(&format!("{MESSAGES}\n{}", message.replace('\n', "")));
        let [program] = found.as_slice() else { panic!("one has all three: {found:?}") };
        assert_eq!(program.folder, PathBuf::from("/w/crates/api"));
        assert_eq!(program.source, PathBuf::from("/w/crates/api/tests/it.rs"));
    }

    #[test]
    fn what_cargo_told_a_test_it_is_not_told_again() {
        // This crate has a build script, so that its tests are told all of these.
        for name in ["OUT_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION_MAJOR", "CARGO_MANIFEST_DIR"] {
            assert!(std::env::var_os(name).is_some() && is_of_the_test(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_INCREMENTAL", "PATH"] {
            assert!(!is_of_the_test(name), "{name}");
        }
    }

    #[test]
    fn a_missing_program_is_reported_with_those_that_there_are() {
        let error = pick(&executables(MESSAGES, "bin"), "binary", "apj").expect_err("there is no apj");
        assert_eq!(error.to_string(), "cargo built no binary \"apj\", only api");
    }
}
