//! What a person is told who starts a function in a wrong way.

use std::net::TcpListener;

use testbed::token::KeyPair;

use super::support::{Running, Start, bare, small};

fn unset() -> Start {
    small("", "", "")
}

async fn ends_with(start: Start, code: i32) -> Running {
    let ended = start.now();
    assert_eq!(ended.end().await.code(), Some(code), "{}", ended.output());
    ended
}

#[tokio::test]
async fn every_wrong_setting_is_named_at_once_and_nothing_listens() {
    let wrong = small("postgres://user:private@", "redis:/private", "private")
        .env("WORKERS", "0")
        .env("LAME_DUCK_S", "soon")
        .env("OTEL_TRACES_SAMPLER", "sometimes")
        .env("RUST_LOG", "a=b=c");
    let ended = ends_with(wrong, 64).await;
    let output = ended.output();
    assert!(output.contains("7 mistakes in the settings"), "{output}");
    for name in ["DATABASE_URL", "REDIS_URL", "TOKEN_PUBLIC_KEYS", "WORKERS", "LAME_DUCK_S", "OTEL_TRACES_SAMPLER"] {
        assert!(output.contains(name), "{name} is not in {output}");
    }
    assert!(output.contains("WORKERS is \"0\": wanted a whole number from 1 to 64"), "{output}");
    assert!(output.contains("RUST_LOG") && output.contains("--help"), "{output}");
    assert!(!output.contains("private") && !output.contains("listening"), "{output}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let output = ends_with(unset(), 64).await.output();
    for name in ["DATABASE_URL", "REDIS_URL", "TOKEN_PUBLIC_KEYS"] {
        assert!(output.contains(&format!("{name} is missing: wanted")), "{output}");
    }
}

#[tokio::test]
async fn help_lists_every_setting_without_needing_any() {
    let output = ends_with(unset().arg("--help"), 0).await.output();
    let own = "DATABASE_URL DATABASE_CA_FILE POOL_SIZE BACKGROUND_POOL_SIZE REDIS_URL REDIS_CA_FILE TOKEN_PUBLIC_KEYS LISTEN METRICS_LISTEN \
               WORKERS AT_WORK_MAX PERSON_REQUESTS_MAX ADDRESS_REQUESTS_MAX CLIENT_ADDRESS LAME_DUCK_S DRAIN_S DRAIN_GIVE_UP_S OTEL_EXPORTER_OTLP_ENDPOINT OTEL_TRACES_SAMPLER \
               OTEL_TRACES_SAMPLER_ARG RUST_LOG SERVICE_VERSION FLY_MACHINE_ID";
    for name in own.split(' ') {
        assert!(output.lines().any(|line| line.trim() == name), "{name} is not in {output}");
    }
    assert!(output.contains("seconds from 0.1 to 240, decimals allowed; default 12"), "{output}");
}

#[tokio::test]
async fn a_receiver_of_spans_that_nothing_can_be_sent_to_ends_the_start() {
    // Letters that a URL may have in its host, and a request may not.
    let receiver = bare().env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ada:private@a{b}:4318");
    let output = ends_with(receiver, 1).await.output();
    assert!(
        output.contains("cannot start: spans cannot be sent: OTEL_EXPORTER_OTLP_ENDPOINT is no address"),
        "{output}"
    );
    assert!(!output.contains("private") && !output.contains("listening"), "{output}");
}

#[tokio::test]
async fn an_argument_that_is_not_known_is_refused() {
    let output = ends_with(bare().arg("--verbose"), 64).await.output();
    assert!(output.contains("\"--verbose\" is not known"), "{output}");
}

#[tokio::test]
async fn an_address_in_use_is_told_by_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("it has one").to_string();
    for name in ["LISTEN", "METRICS_LISTEN"] {
        let output = ends_with(bare().env(name, &address), 1).await.output();
        let wanted = format!("bare_function: cannot start: {name}={address}: ");
        assert!(output.contains(&wanted) && output.contains("in use"), "{output}");
    }
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_a_mistake() {
    let keys = KeyPair::generate().public_jwks();
    let start = small("postgres://u:p@localhost/d", "rediss://localhost", &keys);
    let wrong = start.env("DATABASE_CA_FILE", "/nowhere.pem").env("REDIS_CA_FILE", "/dev/null");
    let output = ends_with(wrong, 64).await.output();
    assert!(output.contains("DATABASE_CA_FILE is \"/nowhere.pem\", which cannot be read"), "{output}");
    assert!(output.contains("REDIS_CA_FILE has no certificate"), "{output}");
}
