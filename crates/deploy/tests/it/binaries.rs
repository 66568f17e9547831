//! The real binaries, with what their files tell them, and their secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deploy::config::FlyToml;
use deploy::rules::{FLEET, Fleet};
use testbed::board::{Board, Part};
use testbed::load::closed_loop::ClosedLoop;
use testbed::process::Process;

use super::rules::files;

/// Ready may mean steady for ten seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// An app's file, and its secrets by name.
fn app(name: &str) -> (FlyToml, Vec<String>) {
    let files = files();
    let fleet = Fleet::parse(&files[FLEET]).expect("understood");
    (FlyToml::parse(&files[&format!("{name}.toml")]).expect("understood"), fleet.apps[name].secrets.clone())
}

fn apps() -> impl Iterator<Item = &'static str> {
    Part::functions().into_iter().map(Part::name).chain(["migrate"])
}

/// What `--help` lists: each setting, and whether it must be there.
fn settings(binary: &str) -> BTreeMap<String, bool> {
    let help = Process::command(testbed::cargo::binary(binary).expect("built")).clean_env().arg("--help");
    let help = help.run().expect("it tells");
    let lines: Vec<&str> = help.lines().filter(|line| line.starts_with("  ")).collect();
    lines.chunks(3).map(|lines| (lines[0].trim().to_owned(), lines[2].ends_with("; required"))).collect()
}

/// What its file tells it, its secrets, and where Resend is.
pub(super) fn environment(board: &Board, part: Part) -> Vec<(String, String)> {
    let told = app(part.name()).0.env.into_iter().map(|(name, value)| (name, value.0));
    let secrets = board.secrets_of(part).into_iter().map(|(name, secret)| (name.to_owned(), secret));
    told.chain(secrets).chain([("RESEND_URL".to_owned(), board.url(Part::ResendStandIn))]).collect()
}

/// As on Fly, but for where it listens and where Resend is.
fn started(board: &Board, part: Part) -> Process {
    let command = Process::command(testbed::cargo::binary(part.name()).expect("built")).name(part.name()).clean_env();
    let command = environment(board, part).into_iter().fold(command, |command, (name, value)| command.env(name, value));
    let ports = board.ports(part);
    let command = command.env("LISTEN", format!("127.0.0.1:{}", ports.http));
    let command = command.env("METRICS_LISTEN", format!("127.0.0.1:{}", ports.metrics));
    command.start().expect("started")
}

#[test]
fn no_setting_is_unknown_and_none_is_missing() {
    for name in apps() {
        let (toml, secrets) = app(name);
        let mut known = settings(name);
        // Not by its default: the rules reckon with what the file says.
        known.entry("BACKGROUND_POOL_SIZE".to_owned()).and_modify(|must| *must = true);
        let told: BTreeSet<&String> = toml.env.keys().chain(&secrets).collect();
        let unknown: Vec<_> = told.iter().filter(|setting| !known.contains_key(**setting)).collect();
        assert!(unknown.is_empty(), "{name} knows no {unknown:?}");
        let missing: Vec<_> = known.iter().filter(|(setting, must)| **must && !told.contains(setting)).collect();
        assert!(missing.is_empty(), "{name} is not told {missing:?}");
    }
}

#[tokio::test]
async fn every_function_starts_with_what_its_file_tells_it_and_passes_its_checks() {
    let board = Board::temporary().await.expect("a board");
    let _resend = board.command(Part::ResendStandIn).expect("built").start().expect("started");
    for part in Part::functions() {
        let process = started(&board, part);
        let (toml, _) = app(part.name());
        let routing = toml.http_service.iter().flat_map(|service| &service.checks).map(|check| &check.path);
        for path in toml.checks.values().map(|check| &check.path).chain(routing) {
            let url = format!("{}{}", board.url(part), path.as_deref().unwrap_or("/"));
            process.wait_until_ok(&url, PATIENCE).await.expect("it passes");
        }
    }
    let migrate = Process::command(testbed::cargo::binary("migrate").expect("built")).name("migrate").clean_env();
    let (toml, secrets) = app("migrate");
    assert!(toml.env.is_empty() && secrets == ["DATABASE_URL"], "that is all it gets here");
    migrate.env("DATABASE_URL", board.servers.owner_url()).run().expect("it ends with 0");
}

/// The rules reckon with these kinds of connections, and no others.
#[tokio::test]
async fn no_function_has_more_connections_than_are_reckoned_with() {
    let board = Board::temporary().await.expect("a board");
    let client = board.client().await.expect("a connection");
    let processes: Vec<_> = Part::functions().into_iter().map(|part| started(&board, part)).collect();
    for (part, process) in Part::functions().into_iter().zip(&processes) {
        process.wait_until_ok(&format!("{}/routable", board.url(part)), PATIENCE).await.expect("it is routable");
    }
    let address = ([127, 0, 0, 1], board.ports(Part::Api).http).into();
    let get = b"GET /v1/jobs?limit=100 HTTP/1.1\r\nhost: board\r\n\r\n".to_vec();
    ClosedLoop { address, requests: vec![get; 400], callers: 16, patience: PATIENCE }.run().await;
    let rows = client
        .query("SELECT application_name, count(*) FROM pg_stat_activity WHERE usename LIKE 'board_%' GROUP BY 1", &[])
        .await
        .expect("the server tells");
    let counts: BTreeMap<String, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for (name, count) in &counts {
        let (function, kind) = name.split_once('/').expect("a function's connection");
        let env = app(function).0.env;
        let size = |name: &str| env.get(name).map(|size| size.0.parse::<i64>().expect("a number"));
        let most = match kind {
            "pool" => size("POOL_SIZE").expect("a size"),
            "background" => size("BACKGROUND_POOL_SIZE").or_else(|| size("POOL_SIZE")).expect("a size"),
            "probe" => 3,
            other => panic!("{function} has connections for {other}, which nobody reckons with"),
        };
        assert!(*count <= most, "{counts:?}");
    }
    assert_eq!(counts["api/pool"], 4, "its pool was full: {counts:?}");
}
