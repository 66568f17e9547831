//! The real program.

use std::time::Duration;

use deploy::machines::{FlySettings, Http, Machines, Token};
use serde_json::Value;
use testbed::process::Process;

use super::rig::new;

const PATIENCE: Duration = Duration::from_secs(20);

fn program() -> testbed::process::Command {
    Process::command(testbed::cargo::binary("fly-stand-in").expect("built")).clean_env().env("LISTEN", "127.0.0.1:0")
}

#[tokio::test]
async fn it_tells_where_it_listens_and_the_client_finds_it_there() {
    let process = program().arg("--json").env("APPS", "web,other").env("TOKEN", "fm2_b25l").start();
    let process = process.expect("it starts");
    let told = process.wait_for_line("\"url\"", PATIENCE).await.expect("it tells");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let text = |key: &str| told[key].as_str().expect("a text").to_owned();
    assert_eq!((text("token"), told["apps"].as_array().map(Vec::len)), ("fm2_b25l".to_owned(), Some(2)));
    let token = Token::parse(&text("token")).expect("a token");
    let settings = FlySettings { address: text("url").parse().expect("an address"), token };
    assert!(!settings.address.is_fly());
    let machines = Machines::new(Http::new(&settings).expect("an HTTP stack"), "other".parse().expect("a name"));
    let id = machines.create(&new("a")).await.expect("made");
    machines.wait(&id, &deploy::machines::State::Started, None, PATIENCE).await.expect("it boots by itself");
}

#[tokio::test]
async fn a_token_of_flys_that_is_about_is_neither_taken_nor_shown() {
    let process = program().env("FLY_API_TOKEN", "fm2_real").start().expect("it starts");
    process.wait_for_line("The whole state", PATIENCE).await.expect("it tells");
    let told = process.output();
    assert!(told.contains("FLY_API_TOKEN=fm2_stand-in") && !told.contains("fm2_real"), "{told}");
}

#[tokio::test]
async fn it_says_what_it_keeps_and_what_not() {
    let help = program().arg("--help").run().expect("it tells");
    for part in [
        "It keeps\n",
        "It does not keep\n",
        "LISTEN",
        "TOKEN",
        "APPS",
        "SEED",
        "SETTINGS",
        "SCALE",
        "PROGRAMS",
        "FOLDER",
    ] {
        assert!(help.contains(part), "{part} is missing: {help}");
    }
}

#[tokio::test]
async fn wrong_settings_and_arguments_are_told_by_name() {
    let wrong = program().env("SETTINGS", "{\"lag\":1}").env("APPS", "web other").env("SEED", "x").run();
    let wrong = wrong.expect_err("wrong").to_string();
    assert!(["SETTINGS", "APPS", "SEED"].iter().all(|name| wrong.contains(name)), "{wrong}");
    let programs = "[{\"image\": \"i\", \"path\": 1, \"here\": {\"DATABASE_URL\": \"a-password\"}}]";
    let wrong = program().env("PROGRAMS", programs).env("SCALE", "0").run().expect_err("wrong").to_string();
    assert!(wrong.contains("PROGRAMS") && wrong.contains("SCALE") && !wrong.contains("a-password"), "{wrong}");
    let wrong = program().arg("--jsn").run().expect_err("wrong").to_string();
    assert!(wrong.contains("--jsn"), "{wrong}");
}
