//! Redis: started, frozen, killed, kept.

use std::net::SocketAddr;

use testbed::redis::{Options, Redis};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{DEADLINE, SILENCE};

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("redis accepts")
}

/// Sends an inline command and returns the answer's text.
async fn say(stream: &mut TcpStream, command: &str) -> String {
    let line = format!("{command}\r\n");
    stream.write_all(line.as_bytes()).await.expect("redis reads");
    let mut answer = vec![0; 1024];
    let length = stream.read(&mut answer).await.expect("redis answers");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn redis_answers_and_ends_with_its_value() {
    let redis = Redis::start(Options::temporary()).await.expect("redis starts");
    let mut stream = connect(redis.address()).await;
    assert_eq!(say(&mut stream, "PING").await, "+PONG\r\n");
    assert_eq!(redis.url(), format!("redis://127.0.0.1:{}", redis.port()));
    let (address, folder) = (redis.address(), redis.process().log().to_owned());
    drop(redis);
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_frozen_redis_is_silent_until_it_thaws() {
    let redis = Redis::start(Options::temporary()).await.expect("redis starts");
    let mut stream = connect(redis.address()).await;
    redis.freeze().expect("it runs");
    let silent = timeout(SILENCE, say(&mut stream, "PING")).await;
    assert!(silent.is_err(), "it answered: {silent:?}");
    redis.thaw().expect("it is there");
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await.expect("it answers late");
    assert_eq!(&answer, b"+PONG\r\n");
}

#[tokio::test]
async fn a_killed_temporary_redis_starts_again_empty_on_the_same_port() {
    let mut redis = Redis::start(Options::temporary()).await.expect("redis starts");
    let address = redis.address();
    say(&mut connect(address).await, "SET a 1").await;
    assert!(redis.start_again().await.is_err(), "it still runs");
    redis.kill();
    redis.start_again().await.expect("redis starts again");
    assert_eq!(redis.address(), address);
    assert_eq!(say(&mut connect(address).await, "GET a").await, "$-1\r\n");
}

#[tokio::test]
async fn an_emptied_redis_knows_nothing_more_and_runs_on() {
    let redis = Redis::start(Options::temporary()).await.expect("a server");
    redis.command(&["SET", "k", "v"]).await.expect("it answers");
    let process = redis.process().pid();
    redis.empty().await.expect("it answers");
    let there = redis.command(&["EXISTS", "k"]).await.expect("it answers");
    assert!(there.starts_with(":0\r\n"), "{there}");
    assert_eq!(redis.process().pid(), process);
}

#[tokio::test]
async fn a_kept_redis_remembers() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    for round in 0..2 {
        let redis = Redis::start(Options::kept_in(folder.path())).await.expect("redis starts");
        let mut stream = connect(redis.address()).await;
        let expected = if round == 0 { "$-1\r\n" } else { "$1\r\n1\r\n" };
        assert_eq!(say(&mut stream, "GET a").await, expected);
        say(&mut stream, "SET a 1").await;
        redis.stop().await.expect("it ends in order");
    }
}

#[tokio::test]
async fn redis_speaks_tls() {
    let authority = testbed::tls::Authority::new().expect("keys are made");
    let issued = authority.issue(&["localhost", "127.0.0.1"]).expect("it is issued");
    let redis = Redis::start(Options::temporary().tls(testbed::redis::Tls {
        certificate: issued.certificate,
        key: issued.key,
        authority: authority.certificate().to_owned(),
    }))
    .await
    .expect("redis starts");
    assert!(redis.url().starts_with("rediss://"));
    let client = testbed::process::Process::command("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &redis.port().to_string(), "--tls", "--cacert"])
        .arg(authority.certificate())
        .arg("PING")
        .start()
        .expect("redis-cli starts");
    client.wait_for_line("PONG", DEADLINE).await.expect("the certificate is good");
}

#[tokio::test]
async fn a_setting_that_redis_refuses_is_reported_with_its_words() {
    let started = Redis::start(Options::temporary().setting("no-such-setting", "1")).await;
    let text = started.expect_err("there is none").to_string();
    assert!(text.contains("no-such-setting") && text.contains("redis ended"), "{text}");
}

#[tokio::test]
async fn redis_tells_what_it_was_sent() {
    let redis = Redis::start(Options::temporary()).await.expect("redis starts");
    assert_eq!(redis.command(&["SET", "a key", "a value"]).await.expect("it answers"), "+OK\r\n+OK\r\n");
    let told = redis.command(&["GET", "a key"]).await.expect("it answers");
    assert_eq!(told, "$7\r\na value\r\n+OK\r\n");
}
