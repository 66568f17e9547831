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
    let lines: Vec<&str> = help.lines().filter(|line| line.starts_with("  ")).collect();
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

/// The README's table of what people bring.
#[tokio::test]
async fn every_standard_setting_that_the_readme_promises_is_one() {
    let readme = include_str!("../../../../README.md");
    let (_, guide) = readme.split_once("**Bring your own.**").expect("the guide");
    let table: Vec<&str> = guide.lines().skip_while(|line| !line.starts_with("| ---")).skip(1).collect();
    let rows =
        table.iter().take_while(|line| line.starts_with("| ")).map(|row| row.split(" | ").next().unwrap_or_default());
    let named: Vec<String> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    let known: Vec<String> = settings("applications").await.into_iter().map(|setting| setting.name).collect();
    let unused = ["PGHOST", "PGPASSWORD", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    for name in named.iter().filter(|name| !name.ends_with('…') && !unused.contains(&name.as_str())) {
        let of_all = [format!("OTEL_EXPORTER_OTLP_TRACES_{name}"), format!("OTEL_EXPORTER_OTLP_{name}")];
        assert!(
            known.contains(name) || of_all.iter().all(|name| known.contains(name)),
            "{name} is no setting: {known:?}"
        );
    }
    for name in known.iter().filter(|name| name.starts_with("OTEL_") || name.starts_with("SSL_")) {
        let short = name.rsplit_once("OTLP_").map_or("", |(_, rest)| rest).trim_start_matches("TRACES_");
        assert!(
            named.contains(name) || named.iter().any(|named| named == short),
            "{name} is not in the README's table"
        );
    }
    let told =
        unused.iter().fold(command("applications").arg("--check-settings"), |told, name| told.env(name, "hunter2"));
    let told = output_of(told, MISCONFIGURED).await;
    assert!(
        unused.iter().all(|name| told.contains(&format!("notice: {name} is not "))) && !told.contains("hunter2"),
        "{told}"
    );
}
