//! Every setting of every binary, got wrong.

use std::time::Duration;

use testbed::board::Part;
use testbed::process::{Command, Process};

/// No setting that wants anything particular can take this.
const WRONG: &str = "?!=,[nothing";
const MISCONFIGURED: i32 = 64;

struct Setting {
    name: String,
    wanted: String,
    required: bool,
}

fn binaries() -> Vec<&'static str> {
    Part::all().into_iter().map(Part::name).chain(["migrate"]).collect()
}

fn command(binary: &str) -> Command {
    Process::command(testbed::cargo::binary(binary).expect("built")).clean_env()
}

async fn output_of(command: Command, code: i32) -> String {
    let process = command.start().expect("started");
    let status = process.wait(Duration::from_secs(30)).await.expect("it ends");
    assert_eq!(status.code(), Some(code), "{}", process.output());
    process.output()
}

/// What `--help` lists: a name, what it is for, and what is wanted with its default.
async fn settings(binary: &str) -> Vec<Setting> {
    let help = output_of(command(binary).arg("--help"), 0).await;
    let (_, list) = help.split_once("environment:").expect("a list");
    let lines: Vec<&str> = list.lines().filter(|line| !line.trim().is_empty()).collect();
    let setting = |lines: &[&str]| {
        let (wanted, default) = lines[2].rsplit_once("; ").expect("what is wanted, and the default");
        Setting { name: lines[0].trim().to_owned(), wanted: wanted.trim().to_owned(), required: default == "required" }
    };
    lines.chunks(3).map(setting).collect()
}

#[tokio::test]
async fn every_wrong_setting_is_named_at_once_and_none_is_listened_on() {
    for binary in binaries() {
        let settings = settings(binary).await;
        assert!(settings.len() > 3, "{binary} has settings");
        let wrong = settings.iter().fold(command(binary), |command, setting| command.env(&setting.name, WRONG));
        let told = output_of(wrong, MISCONFIGURED).await;
        for setting in settings.iter().filter(|setting| setting.wanted != "a text") {
            assert!(told.contains(&format!("  {} ", setting.name)), "{} of {binary} is not in {told}", setting.name);
        }
        assert!(!told.contains("listening"), "{told}");
    }
}

#[tokio::test]
async fn every_missing_setting_is_named_at_once() {
    for binary in binaries() {
        let required: Vec<_> = settings(binary).await.into_iter().filter(|setting| setting.required).collect();
        if required.is_empty() {
            continue;
        }
        let told = output_of(command(binary), MISCONFIGURED).await;
        for setting in required {
            assert!(
                told.contains(&format!("{} is missing: wanted", setting.name)),
                "{} of {binary}: {told}",
                setting.name
            );
        }
    }
}

#[tokio::test]
async fn an_argument_that_does_not_exist_is_told() {
    for binary in binaries() {
        let told = output_of(command(binary).arg("--verbose"), MISCONFIGURED).await;
        assert!(told.contains("--verbose") && told.contains("--help"), "{told}");
    }
}
