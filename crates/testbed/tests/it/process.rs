//! Starting, watching and reading a process.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use testbed::Error;
use testbed::process::{Command, Process};
use testbed::wait;

use crate::DEADLINE;

pub(crate) fn shell(script: &str) -> Command {
    Process::command("/bin/sh").arg("-c").arg(script)
}

/// A server that gives these answers, one a connection, and then none.
fn answering(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).expect("it is a request");
            stream.write_all(answer.as_bytes()).expect("it is read");
        }
    });
    format!("http://{address}/readyz")
}

#[tokio::test]
async fn a_process_that_exits_early_is_reported_with_its_log() {
    let process = shell("echo no such database; exit 3").name("api").start().expect("sh starts");
    let url = format!("http://127.0.0.1:{}/readyz", testbed::port::free_port());
    let error = process.wait_until_ok(&url, DEADLINE).await;
    let text = error.expect_err("it ended").to_string();
    assert!(text.starts_with("api ended (exit status: 3)"), "{text}");
    assert!(text.contains("no such database"), "{text}");
    assert!(text.contains(&process.log().display().to_string()), "{text}");
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_named() {
    let error = Process::command("/no/such/program").arg("--port").start();
    let text = error.expect_err("there is none").to_string();
    assert!(text.contains("`/no/such/program --port`"), "{text}");
}

#[tokio::test]
async fn a_process_is_ready_when_its_address_answers_200() {
    let url = answering(&[
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ]);
    let process = shell("exec sleep 60").start().expect("sh starts");
    process.wait_until_ok(&url, DEADLINE).await.expect("the second answer is 200");
}

#[tokio::test]
async fn an_address_that_never_answers_200_is_reported_with_its_last_answer() {
    let url = answering(&["HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"]);
    let process = shell("exec sleep 60").start().expect("sh starts");
    let waited = process.wait_until_ok(&url, Duration::ZERO).await;
    let text = waited.expect_err("503 is not ready").to_string();
    assert!(text.contains("(last answer: 503)"), "{text}");
}

#[tokio::test]
async fn a_line_is_waited_for_and_returned() {
    let process = shell("echo one; sleep 0.1; echo listening on 8080 >&2; exec sleep 60").start().expect("sh starts");
    let line = process.wait_for_line("listening", DEADLINE).await;
    assert_eq!(line.expect("it is written"), "listening on 8080");
    assert_eq!(process.output(), "one\nlistening on 8080\n");
}

#[tokio::test]
async fn a_line_that_does_not_come_is_reported() {
    let process = shell("echo one; exec sleep 60").start().expect("sh starts");
    let deadline = Duration::from_millis(50);
    let error = process.wait_for_line("two", deadline).await;
    assert!(matches!(error, Err(Error::Silent { .. })), "{error:?}");
}

#[tokio::test]
async fn a_clean_environment_holds_nothing_but_path() {
    let process = shell("exec env").env("PORT", "8080").clean_env().start().expect("sh starts");
    let status = process.wait(DEADLINE).await.expect("env ends");
    assert!(status.success());
    let output = process.output();
    let names = output.lines().filter_map(|line| line.split('=').next());
    // A shell adds where it is.
    let mut names: Vec<&str> = names.filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name)).collect();
    names.sort_unstable();
    assert_eq!(names, ["PATH", "PORT"]);
}

#[tokio::test]
async fn a_process_cannot_raise_a_limit_of_its_open_files() {
    let process = shell("ulimit -n; ulimit -Hn; exec sleep 60").open_files(99).start().expect("sh starts");
    process.wait_for_line("99", DEADLINE).await.expect("the soft limit");
    let twice = wait::until(DEADLINE, "the hard limit", async || process.output() == "99\n99\n").await;
    twice.unwrap_or_else(|error| panic!("{error}: {}", process.output()));
}

#[tokio::test]
async fn a_given_log_is_added_to_and_read_from_where_the_process_began() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let log = folder.path().join("api.log");
    for word in ["first", "second"] {
        let process = shell(&format!("echo {word}")).log_to(&log).start().expect("sh starts");
        process.wait(DEADLINE).await.expect("it ends");
        assert_eq!(process.output(), format!("{word}\n"));
    }
    let text = std::fs::read_to_string(&log).expect("the log stays");
    assert_eq!(text, "first\nsecond\n");
}

#[tokio::test]
async fn the_memory_of_a_process_is_known_while_it_runs() {
    let process = shell("exec sleep 60").start().expect("sh starts");
    // A program that has only just been loaded holds next to nothing.
    let grows = wait::until(DEADLINE, "some memory", async || process.resident_bytes() > 100_000);
    grows.await.expect("sleep holds more than that");
    process.kill();
    assert_eq!(process.resident_bytes(), 0);
}

#[tokio::test]
async fn the_processor_time_of_a_process_grows_while_it_works() {
    let process = shell("while :; do :; done").start().expect("sh starts");
    for milliseconds in [20, 40] {
        let worked = async || process.processor_time() > Duration::from_millis(milliseconds);
        wait::until(DEADLINE, "some work", worked).await.expect("it works");
    }
    process.kill();
    assert_eq!(process.processor_time(), Duration::ZERO);
}

#[test]
fn cargo_builds_an_example_and_says_where_it_is() {
    let path = testbed::cargo::example("hello").expect("it builds");
    assert!(path.is_file(), "{}", path.display());
    let error = testbed::cargo::example("no-such-example");
    let text = error.expect_err("there is none").to_string();
    assert!(text.contains("no example \"no-such-example\", only") && text.contains("hello"), "{text}");
}
