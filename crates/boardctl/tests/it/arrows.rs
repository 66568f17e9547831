//! Arrows between crates go one way: functions → contracts → platform, and nothing depends on boardctl.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use testbed::board::Part;

/// What a function may depend on, whichever it is: never on another one.
const FUNCTION_MAY: &[&str] = &["contracts", "platform"];

/// What each other crate may depend on. One that is neither here nor a function of `fly/` is one too many.
const MAY: [(&str, &[&str]); 8] = [
    ("platform", &[]),
    ("contracts", &["platform"]),
    ("migrate", &["platform"]),
    ("resend-stand-in", &["platform"]),
    ("testbed", &["platform"]),
    ("deploy", &["platform"]),
    // Of deploy only the seam that a transport fits into: a stand-in writes its own shapes.
    // What it runs, testbed runs: processes, HAProxy.
    ("fly-stand-in", &["deploy", "platform", "testbed"]),
    ("boardctl", &["contracts", "deploy", "fly-stand-in", "platform", "testbed"]),
];

/// What the tests of any crate may use beside that.
const TESTS_MAY: [&str; 4] = ["contracts", "fly-stand-in", "resend-stand-in", "testbed"];

/// What each crate may depend on.
fn may() -> BTreeMap<&'static str, &'static [&'static str]> {
    let functions = Part::functions().into_iter().map(|part| (part.name(), FUNCTION_MAY));
    MAY.into_iter().chain(functions).collect()
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"]);
    let output = command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).output().expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Each crate with its arrows, wrong ones told apart by whether tests alone use them.
fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let may = may();
    let ours: BTreeSet<&str> = may.keys().copied().collect();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let from = package["name"].as_str().unwrap_or_default();
        let Some(allowed) = may.get(from) else {
            wrong.push(format!("{from} is no crate of the house"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev" && TESTS_MAY.contains(&to);
            if ours.contains(to) && !allowed.contains(&to) && !for_tests {
                wrong.push(format!("{from} → {to}"));
            }
        }
    }
    wrong
}

#[test]
fn every_arrow_goes_the_right_way() {
    let metadata = metadata();
    assert_eq!(metadata["packages"].as_array().map(Vec::len), Some(may().len()), "every crate of the house is there");
    assert_eq!(wrong_arrows(&metadata), Vec::<String>::new());
}

#[test]
fn an_arrow_that_turns_round_or_goes_to_another_function_is_found() {
    let mut metadata = metadata();
    for package in metadata["packages"].as_array_mut().into_iter().flatten() {
        let to = match package["name"].as_str() {
            Some("platform") => "contracts",
            Some("api") => "applications",
            _ => continue,
        };
        let arrow = serde_json::json!({ "name": to, "kind": null });
        package["dependencies"].as_array_mut().expect("a list").push(arrow);
    }
    assert_eq!(wrong_arrows(&metadata), ["api → applications", "platform → contracts"]);
}
