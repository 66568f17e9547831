//! The commands that ship, given what they must not take: each ends with 64 before its first call, and names what was wrong
//! and what was wanted.

use std::path::{Path, PathBuf};
use std::process::Command as System;
use std::time::Duration;

use testbed::board::app;
use testbed::process::{Command, Process};

const MISCONFIGURED: i32 = 64;
const PATIENCE: Duration = Duration::from_secs(30);
const TOKEN: &str = "fm2_neverseen";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn image(app: &str) -> String {
    format!("registry.fly.io/{app}:deployment-0123abc-1@sha256:{}", "ab".repeat(32))
}

/// With settings that are good, of a stand-in that nobody started: whoever calls it anyway ends with another code.
fn boardctl(arguments: &[&str]) -> Command {
    let command = Process::command(testbed::cargo::binary("boardctl").expect("built")).clean_env().in_folder(root());
    let here = "http://127.0.0.1:9";
    let settings = [("FLY_API_TOKEN", TOKEN), ("FLY_FLAPS_BASE_URL", here), ("FLY_API_BASE_URL", here)];
    let command = settings.into_iter().fold(command, |command, (name, value)| command.env(name, value));
    command.env("FLY_APP_URL", here).args(arguments.iter().copied())
}

async fn told(command: Command, code: i32) -> String {
    let process = command.start().expect("started");
    let status = process.wait(PATIENCE).await.expect("it ends");
    let output = process.output();
    assert_eq!(status.code(), Some(code), "{output}");
    assert!(!output.contains("neverseen"), "{output}");
    output
}

/// Refused, with all of these in what it says.
async fn refused(arguments: &[&str], wanted: &[&str]) {
    let told = told(boardctl(arguments), MISCONFIGURED).await;
    for words in wanted {
        assert!(told.contains(words), "{words:?} is not in what {arguments:?} was told: {told}");
    }
}

#[tokio::test]
async fn a_deploy_that_is_not_understood_names_the_argument() {
    let good = image(&app("api"));
    refused(&["deploy"], &["<FUNCTION>", "--image"]).await;
    refused(&["deploy", "api"], &["--image"]).await;
    refused(&["deploy", "api", "--image", "registry.fly.io/board-api:1"], &["--image", "no digest"]).await;
    let untagged = format!("registry.fly.io/board-api@sha256:{}", "ab".repeat(32));
    refused(&["deploy", "api", "--image", &untagged], &["--image", "no tag"]).await;
    refused(&["deploy", "api", "--image", &good, "--commit", "main"], &["--commit", "7 or more hex digits"]).await;
    refused(&["deploy", "api", "--image", &good, "--gate", "loose"], &["--gate", "strict or routable"]).await;
    refused(&["deploy", "api", "--image", &good, "--mend"], &["--image", "--mend"]).await;
    refused(&["deploy", "api", "--mend", "--again"], &["--again", "--mend"]).await;
    refused(&["deploy", "api", "--mend", "--commit", "0123abc"], &["--commit", "--mend"]).await;
    refused(&["deploy", "api", "--image", &good, "--paln"], &["--paln", "--plan"]).await;
    refused(&["deploy", "api", "--image", &good, "--json=yes"], &["--json"]).await;
}

#[tokio::test]
async fn a_deploy_that_does_not_fit_the_tree_says_what_would() {
    refused(&["deploy", "web", "--image", &image("web")], &["\"web\" is no app", "wanted one of api, applications, "])
        .await;
    let other = image(&app("applications"));
    refused(&["deploy", "api", "--image", &other], &[&app("applications"), &app("api")]).await;
    refused(&["deploy", "migrate", "--mend"], &["migrate runs once", "--image"]).await;
    let migrate = image(&app("migrate"));
    refused(&["deploy", "migrate", "--image", &migrate, "--again"], &["migrate runs once"]).await;
    refused(&["deploy", "migrate", "--image", &migrate, "--plan"], &["migrate runs once"]).await;
    refused(&["deploy", "migrate", "--image", &migrate, "--gate", "routable"], &["migrate runs once"]).await;
}

#[tokio::test]
async fn a_rollback_or_a_status_that_is_not_understood_names_the_argument() {
    refused(&["rollback"], &["<FUNCTION>"]).await;
    refused(&["rollback", "web"], &["\"web\" is no app"]).await;
    refused(&["rollback", "migrate"], &["migrate runs once", "a migration of its own"]).await;
    refused(&["rollback", "api", "--to", "yesterday"], &["--to", "7 or more hex digits"]).await;
    refused(&["rollback", "api", "--to", "0000000"], &["git rev-parse", "0000000"]).await;
    refused(&["rollback", "api", "--from", "yesterday"], &["--from", "7 or more hex digits"]).await;
    refused(&["rollback", "api", "--from", "0000000"], &["git rev-parse", "0000000"]).await;
    refused(&["rollback", "api", "--from", "0123abc", "--to", "0123abc"], &["--from", "--to"]).await;
    refused(&["rollback", "api", "--gate", ""], &["--gate"]).await;
    refused(&["status", "web"], &["\"web\" is no app"]).await;
    refused(&["status", "--plan"], &["--plan"]).await;
    refused(&["doctor", "moon"], &["moon"]).await;
    refused(&["doctor", "fly", "web"], &["\"web\" is no app"]).await;
    refused(&["doctor", "fly", "--wirte"], &["--wirte", "--write"]).await;
}

#[tokio::test]
async fn a_question_what_runs_that_is_not_understood_names_the_argument_and_asks_nobody() {
    refused(&["affected", "api"], &["--since"]).await;
    refused(&["affected", "--running"], &["<FUNCTION>"]).await;
    refused(&["affected", "web", "--running"], &["\"web\" is no app"]).await;
    refused(&["affected", "api", "--running", "--since", "HEAD"], &["--running", "--since"]).await;
    refused(&["affected", "api", "--running", "--refused", "HEAD"], &["--running", "--refused"]).await;
    refused(&["affected", "api", "--running", "--workspace", "."], &["--running", "--workspace"]).await;
    refused(&["affected", "api", "--again"], &["--running"]).await;
    refused(&["affected", "api", "--since", "HEAD", "--again"], &["--again", "--since"]).await;
    let told = told(boardctl(&["affected", "api", "--running"]).env("FLY_API_TOKEN", ""), MISCONFIGURED).await;
    assert!(told.contains("FLY_API_TOKEN"), "{told}");
}

/// The pipeline's script, given what it must not take; `boardctl` is what stands in for it.
async fn script(arguments: &[&str], boardctl: &str, wanted: &str) {
    let command = Process::command(root().join("scripts/ship")).clean_env().in_folder(root());
    let command = command.env("BOARDCTL", boardctl).args(arguments.iter().copied());
    let told = told(command, MISCONFIGURED).await;
    assert!(told.contains(wanted), "{wanted:?} is not in what {arguments:?} was told: {told}");
}

#[tokio::test]
async fn a_step_of_the_pipeline_that_is_not_understood_says_what_is_wanted() {
    let good = "/bin/true";
    script(&[], good, "scripts/ship decide FUNCTION").await;
    script(&["depoly", "api"], good, "scripts/ship decide FUNCTION").await;
    script(&["decide"], good, "decide wants a FUNCTION").await;
    script(&["decide", "web"], good, "there is no fly/web.toml").await;
    script(&["decide", "api"], "/nowhere/boardctl", "there is no /nowhere/boardctl").await;
    script(&["deploy", "api"], good, "deploy wants an IMAGE").await;
    script(&["back", "api"], good, "back wants --from COMMIT or --to COMMIT").await;
    script(&["back", "api", "0123abc"], good, "back wants --from COMMIT or --to COMMIT").await;
    script(&["image", "api"], good, "FLY_API_TOKEN is missing").await;
}

#[tokio::test]
async fn a_rehearsal_that_is_not_understood_names_the_argument() {
    refused(&["rehearse", "migrate"], &["api, applications, email-worker"]).await;
    refused(&["rehearse", "--fault", "fire"], &["--fault", "never-ready", "redis-gone"]).await;
    refused(&["rehearse", "--times", "0"], &["--times"]).await;
    refused(&["rehearse", "--times", "2", "--fault", "soak"], &["--times", "--fault"]).await;
    let told = told(boardctl(&["rehearse", "api", "--fault", "redis-gone"]), 1).await;
    assert!(told.contains("redis-gone does not befall api: wanted applications"), "{told}");
}

#[tokio::test]
async fn wrong_settings_and_wrong_arguments_are_told_at_once() {
    let command = boardctl(&["deploy", "web", "--image", &image("web")]);
    let command = command.env("FLY_API_TOKEN", "fm2_neverseen fm2_neverseen").env("DEPLOY_TIMES", "fast");
    let told = told(command, MISCONFIGURED).await;
    for words in ["\"web\" is no app", "FLY_API_TOKEN", "DEPLOY_TIMES is \"fast\": wanted real, or tenth"] {
        assert_eq!(told.matches(words).count(), 1, "{words:?} in {told}");
    }
}

#[tokio::test]
async fn a_tenth_of_the_times_is_refused_against_fly_itself_before_any_call() {
    let fly = "https://api.machines.dev";
    let command = boardctl(&["deploy", "api", "--image", &image(&app("api")), "--json"]).env("FLY_FLAPS_BASE_URL", fly);
    let command = command.env("FLY_API_BASE_URL", "https://api.fly.io").env("FLY_APP_URL", "https://board-api.fly.dev");
    let told = told(command.env("DEPLOY_TIMES", "tenth"), MISCONFIGURED).await;
    let last: serde_json::Value = serde_json::from_str(told.lines().last().expect("a line")).expect("an object");
    assert_eq!((&last["outcome"], &last["exit"]), (&"misconfigured".into(), &MISCONFIGURED.into()));
    assert_eq!(last["told"].as_str().expect("words").matches("DEPLOY_TIMES").count(), 1, "{told}");
}

#[tokio::test]
async fn a_stand_in_whose_front_is_not_named_is_never_asked_at_flys() {
    let command = boardctl(&["deploy", "api", "--image", &image(&app("api"))]).env("FLY_APP_URL", "");
    assert!(told(command, MISCONFIGURED).await.contains("FLY_APP_URL is missing"));
}

/// A tree of its own, with our files in `fly/`, changed.
fn tree(change: impl Fn(&str, String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("fly")).expect("ours");
    for (name, text) in deploy::rules::read(&root().join("fly")).expect("our own") {
        std::fs::write(folder.path().join("fly").join(&name), change(&name, text)).expect("ours");
    }
    let git = System::new("git").arg("init").arg("--quiet").current_dir(folder.path()).status().expect("git");
    assert!(git.success());
    folder
}

#[tokio::test]
async fn files_that_break_rules_are_refused_each_by_name() {
    let tree = tree(|name, text| match name {
        "api.toml" => text.replace("kill_signal = \"SIGTERM\"", "kill_signal = \"SIGINT\""),
        "fleet.toml" => text.replace("database_connections = 150", "database_connections = 15"),
        _ => text,
    });
    let deploy = ["deploy", "applications", "--image", &image(&app("applications")), "--commit", "0123abc"];
    let told = told(boardctl(&deploy).in_folder(tree.path()), MISCONFIGURED).await;
    assert!(told.contains("2 mistakes") && told.contains("api.toml: kill_signal is SIGINT"), "{told}");
    assert!(told.contains("fleet.toml: database_connections is 15"), "{told}");
}

#[tokio::test]
async fn outside_of_any_tree_it_says_so() {
    let nowhere = tempfile::tempdir().expect("a folder");
    let deploy = boardctl(&["deploy", "api", "--image", &image(&app("api"))]).in_folder(nowhere.path());
    let told = told(deploy, MISCONFIGURED).await;
    assert!(told.contains("git rev-parse --show-toplevel: fatal: not a git repository"), "{told}");
}

#[tokio::test]
async fn a_commit_is_asked_for_where_none_is_checked_out() {
    let tree = tree(|_, text| text);
    let deploy = boardctl(&["deploy", "api", "--image", &image(&app("api"))]).in_folder(tree.path());
    assert!(told(deploy, MISCONFIGURED).await.contains("git rev-parse"));
}

#[tokio::test]
async fn help_tells_arguments_settings_and_exit_codes() {
    for command in ["deploy", "rollback", "status", "rehearse", "doctor"] {
        insta::assert_snapshot!(command, told(boardctl(&[command, "--help"]), 0).await);
    }
    insta::assert_snapshot!("doctor-fly", told(boardctl(&["doctor", "fly", "--help"]), 0).await);
    insta::assert_snapshot!("boardctl", told(boardctl(&["--help"]), 0).await);
}

#[tokio::test]
async fn a_proxy_that_the_environment_names_is_asked() {
    use tokio::io::AsyncReadExt as _;
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", proxy.local_addr().expect("it has one"));
    let away = ["FLY_FLAPS_BASE_URL", "FLY_API_BASE_URL", "FLY_APP_URL"];
    let command = boardctl(&["status", "api"]);
    let command = away.into_iter().fold(command, |command, name| command.env(name, "https://fly.invalid"));
    let _asks = command.env("HTTPS_PROXY", url).start().expect("started");
    let (mut asked, _) = tokio::time::timeout(PATIENCE, proxy.accept()).await.expect("in time").expect("asked");
    let mut head = [0; 100];
    let read = asked.read(&mut head).await.expect("it asks");
    assert!(head[..read].starts_with(b"CONNECT fly.invalid:443 "), "{}", String::from_utf8_lossy(&head[..read]));
}
