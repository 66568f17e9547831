use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use platform::http::edge::once;
use serde_json::Value;
use testbed::board::Part;
use testbed::process::{Command, Process};
use tokio::sync::Mutex;

const UP: Duration = Duration::from_secs(120);

/// Each board takes the ports that the README has people call, if they are free: of two that begin in the same moment both
/// would find them so.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// In a folder that the user `postgres` can reach, too.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("board-up-").tempdir_in("/var/tmp").expect("a folder");
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), readable).expect("ours");
    folder
}

fn up(folder: &Path) -> Command {
    // Beside it are the binaries of all parts, once cargo has built them.
    let boardctl = testbed::cargo::binary("boardctl").expect("built");
    Process::command(boardctl).clean_env().arg("up").arg("--folder").arg(folder.display().to_string())
}

async fn output_of(command: Command, code: i32) -> String {
    let process = command.start().expect("started");
    let status = process.wait(UP).await.expect("it ends");
    assert_eq!(status.code(), Some(code), "{}", process.output());
    process.output()
}

#[tokio::test]
async fn the_check_tests_and_ends_well_twice_on_the_same_data() {
    let (_alone, folder) = (ONE_AT_A_TIME.lock().await, folder());
    let first = output_of(up(folder.path()).arg("--check"), 0).await;
    assert!(first.contains("filling in 50 companies and 300 jobs"), "{first}");
    assert!(first.contains("Everything is there."), "{first}");
    let again = output_of(up(folder.path()).args(["--check", "--json"]), 0).await;
    assert!(!again.contains("filling in"), "{again}");
    let json = again.lines().find(|line| line.starts_with('{')).expect("a line of JSON");
    let told: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(told["ok"], true);
    assert_eq!(told["steps"].as_array().map(Vec::len), Some(boardctl::smoke_test::STEPS.len()));
}

#[tokio::test]
async fn a_board_that_is_up_tells_where_everything_is_and_drains_on_ctrl_c() {
    let (_alone, folder) = (ONE_AT_A_TIME.lock().await, folder());
    let board = up(folder.path()).start().expect("started");
    let last = board.wait_for_line("Ctrl-C drains everything", UP).await;
    last.expect("it comes up");
    let table = board.output();
    let parts = || Part::all().into_iter().map(Part::name);
    for part in parts().chain(["PostgreSQL", "Redis", "traces"]) {
        assert!(table.contains(&format!("  {part} ")), "{part} is not in {table}");
    }
    let jobs = table.lines().find_map(|line| line.trim().strip_prefix("curl -s '")).expect("a command to try");
    let url = jobs.trim_end_matches('\'');
    board.wait_until_ok(url, Duration::from_secs(5)).await.expect("the first command works");
    shows_the_trace_of_a_problem(&table, url).await;
    board.signal(Signal::SIGINT).expect("running");
    let status = board.wait(UP).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", board.output());
    for part in parts() {
        let log = std::fs::read_to_string(folder.path().join(format!("logs/{part}.log"))).expect("a log");
        assert!(log.contains("draining"), "{part} was not drained: {log}");
    }
}

/// What a person does who was told of a problem: paste its `trace_id` into the field on the page of traces.
async fn shows_the_trace_of_a_problem(table: &str, jobs: &str) {
    let http = platform::http::client::stack().expect("a client");
    let (jobs, _) = jobs.split_once('?').expect("a query");
    let problem = http.get(format!("{jobs}/{}", uuid::Uuid::nil())).send().await.expect("answered");
    let problem: Value = problem.json().await.expect("JSON");
    let id = problem["trace_id"].as_str().expect("a trace id");
    let pages = table.lines().find_map(|line| line.strip_prefix("Traces are shown at ")).expect("an address");
    let search = format!("{pages}traces?id={id}");
    let shown = testbed::wait::until_some(Duration::from_secs(20), "the trace", async || {
        let answer = http.get(&search).send().await.expect("answered");
        let place = once(answer.headers().get_all("location")).expect("at most one")?;
        Some(place.to_str().expect("an address").trim_start_matches('/').to_owned())
    });
    let page = format!("{pages}{}", shown.await.expect("it arrives"));
    let page = http.get(page).send().await.expect("answered").text().await.expect("a text");
    assert!(page.contains("<h1>GET /v1/jobs/{id}</h1>") && page.contains("pool wait"), "{page}");
    let list = http.get(pages).send().await.expect("answered").text().await.expect("a text");
    assert!(list.contains(&format!("/traces/{id}")), "{list}");
}

#[tokio::test]
async fn ctrl_c_while_it_comes_up_ends_everything_that_had_started() {
    let (_alone, folder) = (ONE_AT_A_TIME.lock().await, folder());
    let board = up(folder.path()).start().expect("started");
    board.wait_for_line("bringing the database forward", UP).await.expect("the servers are up");
    board.signal(Signal::SIGINT).expect("running");
    let status = board.wait(UP).await.expect("it ends");
    assert_eq!(status.code(), Some(1), "{}", board.output());
    let lock = folder.path().join("postgres/data/postmaster.pid");
    assert!(!lock.exists(), "PostgreSQL was shut down");
}

#[tokio::test]
async fn a_given_database_that_is_not_there_is_told_without_its_password() {
    let folder = folder();
    let url = "postgres://ada:hunter2@127.0.0.1:1/board?sslmode=disable";
    let told = output_of(up(folder.path()).env("DATABASE_URL", url).env("REDIS_URL", "redis://127.0.0.1:1"), 1).await;
    assert!(told.contains("migrate"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test]
async fn options_that_do_not_exist_or_fit_are_refused_with_what_there_is() {
    let folder = folder();
    let told = output_of(up(folder.path()).arg("--chekc"), 64).await;
    assert!(told.contains("--check"), "{told}");
    let told = output_of(up(folder.path()).arg("--json"), 64).await;
    assert!(told.contains("--check"), "{told}");
}

#[tokio::test]
async fn a_folder_that_is_a_file_is_told() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("ours");
    let told = output_of(up(&file), 1).await;
    assert!(told.contains("cannot be made") && told.contains("file"), "{told}");
}
