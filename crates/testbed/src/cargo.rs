//! The workspace's own programs, built by cargo and never stale.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use crate::Error;
use crate::process::Process;

/// The binary of this name of any crate of the workspace.
///
/// The first call of a process builds them (`cargo build --workspace --bins --examples`: the examples make cargo select
/// the same features as for tests, so that after `scripts/test` has built nothing is left to do), and blocks meanwhile.
/// The profile is that of the caller, dev or release, unless `TESTBED_PROFILE` names another; `TESTBED_FEATURES` names
/// cargo features to build with.
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

fn messages() -> Result<&'static str, Error> {
    static BUILT: OnceLock<Result<String, String>> = OnceLock::new();
    let built =
        BUILT.get_or_init(|| build(&["--workspace", "--bins", "--examples"]).map_err(|error| without_messages(&error)));
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

fn build(what: &[&str]) -> Result<String, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // What cargo tells a test about its package, it must not hear again: build scripts watch these, and everything
    // behind them would be built anew, here and in the next build by hand.
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    let environment = std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(told));
    let command =
        environment.fold(Process::command(cargo).clean_env(), |command, (name, value)| command.env(name, value));
    command
        .in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(["--profile", &profile()])
        .args(["--features", &std::env::var("TESTBED_FEATURES").unwrap_or_default()])
        .args(what.iter().copied())
        .run()
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
    fn a_missing_program_is_reported_with_those_that_there_are() {
        let error = pick(&executables(MESSAGES, "bin"), "binary", "apj").expect_err("there is no apj");
        assert_eq!(error.to_string(), "cargo built no binary \"apj\", only api");
    }
}
