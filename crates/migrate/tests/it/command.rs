//! Settings, arguments, addresses: what a person meets first.

use testbed::process::Process;

use super::support::{Database, program, run, server};

#[tokio::test]
async fn every_wrong_setting_is_named_at_once() {
    let wrong = program("nonsense").env("LOCK_WAIT_S", "-1").env("LOCK_TIMEOUT_S", "0").env("STATEMENT_TIMEOUT_S", "x");
    let wrong = wrong.env("LOCK_TRIES", "0");
    let output = run(&wrong.env("DATABASE_CA_FILE", "/no/such/file")).await.failed(64);
    assert!(output.contains("6 mistakes in the settings"), "{output}");
    for name in
        ["DATABASE_URL", "LOCK_WAIT_S", "LOCK_TIMEOUT_S", "LOCK_TRIES", "STATEMENT_TIMEOUT_S", "DATABASE_CA_FILE"]
    {
        assert!(output.contains(name), "{name}\n{output}");
    }
}

#[tokio::test]
async fn without_an_address_it_does_not_start() {
    let output = run(&program("")).await.failed(64);
    assert!(output.contains("DATABASE_URL is missing"), "{output}");
}

#[tokio::test]
async fn help_lists_the_settings() {
    let output = run(&program("").arg("--help")).await.succeeded();
    for name in
        ["DATABASE_URL", "DATABASE_CA_FILE", "LOCK_WAIT_S", "LOCK_TIMEOUT_S", "LOCK_TRIES", "STATEMENT_TIMEOUT_S"]
    {
        assert!(output.contains(name), "{name}\n{output}");
    }
}

#[tokio::test]
async fn any_other_argument_is_refused() {
    let output = run(&Database::empty().await.program().arg("--dry-run")).await.failed(64);
    assert!(output.contains("\"--dry-run\" is not known: wanted no argument, or --help"), "{output}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_the_password() {
    let port = testbed::port::free_port();
    let output = run(&program(&format!("postgres://u:hunter2@127.0.0.1:{port}/d?sslmode=disable"))).await.failed(1);
    assert!(output.contains("the database of DATABASE_URL cannot be reached, nothing was changed"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
}

#[tokio::test]
async fn a_wrong_password_is_told_by_its_code_and_not_shown() {
    let url = server().await.url("postgres", "hunter2", "postgres") + "?sslmode=disable";
    let output = run(&program(&url)).await.failed(1);
    assert!(output.contains("SQLSTATE 28P01") && !output.contains("hunter2"), "{output}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_by_its_code() {
    let url = server().await.superuser_url("nowhere") + "?sslmode=disable";
    let output = run(&program(&url)).await.failed(1);
    assert!(output.contains("SQLSTATE 3D000"), "{output}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_by_default() {
    let server = server().await;
    let url = server.superuser_url("postgres");
    let output =
        run(&Process::command(env!("CARGO_BIN_EXE_migrate")).clean_env().env("DATABASE_URL", url)).await.failed(1);
    assert!(output.contains("cannot be reached"), "{output}");
}
