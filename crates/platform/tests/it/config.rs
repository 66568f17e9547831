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
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ada:private@a{b}:4318")
        .env("RUST_LOG", "a=b=c");
    let ended = ends_with(wrong, 64).await;
    let output = ended.output();
    assert!(output.contains("7 mistakes in the settings"), "{output}");
    let names = "DATABASE_URL REDIS_URL TOKEN_PUBLIC_KEYS WORKERS LAME_DUCK_S OTEL_EXPORTER_OTLP_ENDPOINT";
    for name in names.split(' ') {
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
    let groups = [
        ("PostgreSQL", "DATABASE_URL DATABASE_CA_FILE POOL_SIZE BACKGROUND_POOL_SIZE"),
        ("Redis", "REDIS_URL REDIS_CA_FILE"),
        (
            "Requests",
            "LISTEN WORKERS AT_WORK_MAX PERSON_REQUESTS_MAX ADDRESS_REQUESTS_MAX CLIENT_ADDRESS TOKEN_PUBLIC_KEYS",
        ),
        ("The end", "LAME_DUCK_S DRAIN_S DRAIN_GIVE_UP_S"),
        (
            "Telemetry",
            "OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_HEADERS OTEL_TRACES_SAMPLER RUST_LOG SERVICE_VERSION",
        ),
        ("TLS", "SSL_CERT_FILE SSL_CERT_DIR"),
    ];
    for (group, names) in groups {
        let (_, listed) =
            output.split_once(&format!("\n{group}\n")).unwrap_or_else(|| panic!("no {group} in {output}"));
        let listed: Vec<&str> = listed.lines().take_while(|line| line.starts_with(' ')).map(str::trim).collect();
        for name in names.split(' ') {
            assert!(listed.contains(&name), "{name} is not in {group}: {output}");
        }
    }
    assert!(output.contains("seconds from 0.1 to 240, decimals allowed; default 12"), "{output}");
}

#[tokio::test]
async fn a_receiver_whose_authority_is_no_certificate_ends_the_start() {
    let start = bare()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:4318")
        .env("OTEL_EXPORTER_OTLP_CERTIFICATE", "/dev/null");
    let output = ends_with(start, 64).await.output();
    assert!(output.contains("OTEL_EXPORTER_OTLP_CERTIFICATE has no certificate"), "{output}");
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_a_mistake() {
    for (name, path, why) in [
        ("SSL_CERT_FILE", "/nowhere.pem", "SSL_CERT_FILE cannot be used"),
        ("SSL_CERT_FILE", "/dev/null", "SSL_CERT_FILE has no certificate"),
        ("SSL_CERT_DIR", "/nowhere", "SSL_CERT_DIR cannot be used"),
        ("SSL_CERT_DIR", "/proc/self/fdinfo", "SSL_CERT_DIR has no certificate"),
    ] {
        let output = ends_with(bare().env(name, path), 64).await.output();
        assert!(output.contains(why), "{output}");
    }
}

#[tokio::test]
async fn what_changes_nothing_is_told_at_the_start_and_nothing_of_its_value() {
    let function = bare()
        .env("OTEL_TRACES_SAMPLER", "sometimes")
        .env("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=hunter2")
        .env("DRIAN_S", "hunter2")
        .env("HTTPS_PROXY", "http://u:hunter2@proxy.example")
        .env("PGPASSWORD", "hunter2")
        .ready()
        .await;
    let told: Vec<String> =
        function.lines().iter().filter_map(|line| Some(line["notice"].as_str()?.to_owned())).collect();
    let wanted = "always_on, always_off, traceidratio, or one of these after parentbased_";
    assert_eq!(
        told,
        [
            &*format!("OTEL_TRACES_SAMPLER is \"sometimes\", which is ignored: wanted {wanted}"),
            "DRIAN_S is not known, and not used: is it DRAIN_S?",
            "HTTPS_PROXY is not obeyed: no proxy is asked",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS is not supported here, and not used",
            "PGPASSWORD is not used: DATABASE_URL says all of the database",
        ]
    );
    assert!(!function.output().contains("hunter2"), "{}", function.output());
}

#[tokio::test]
async fn settings_can_be_checked_without_a_start_and_without_a_secret() {
    let keys = KeyPair::generate().public_jwks();
    let good = || {
        small("host=db.example password=hunter2 connect_timeout=9", "redis://:hunter2@cache.example", &keys)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://ada:hunter2@otlp.example/in?key=hunter2")
            .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2")
            .env("DRAIN_S", "7")
            .arg("--check-settings")
    };
    let output = ends_with(good(), 0).await.output();
    for line in [
        "DATABASE_URL=(not shown)",
        "REDIS_URL=(not shown)",
        "OTEL_EXPORTER_OTLP_ENDPOINT=https://otlp.example/in",
        "OTEL_EXPORTER_OTLP_HEADERS=(not shown)",
        "DRAIN_S=7",
        "POOL_SIZE=8  (default)",
        "notice: the connect_timeout of DATABASE_URL is not used: functions say it themselves",
    ] {
        assert!(output.lines().any(|told| told == line), "{line} is not in {output}");
    }
    assert!(!output.contains("hunter2") && !output.contains("listening"), "{output}");
    // Also where it is wrong, and so no address.
    for wrong in ["ada:hunter2@otlp.example", "https://u:12/hunter2@otlp.example", "https://otlp.example/#hunter2"] {
        let told = good().env("OTEL_EXPORTER_OTLP_ENDPOINT", wrong).now();
        told.end().await;
        assert!(!told.output().contains("hunter2"), "{}", told.output());
    }
    let output = ends_with(good().env("POOL_SIZE", "many").arg("--json"), 64).await.output();
    let told: serde_json::Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(told["mistakes"][0], "POOL_SIZE is \"many\": wanted a whole number from 1 to 100");
    let of = |name: &str| told["settings"].as_array().expect("a list").iter().find(|it| it["name"] == name).cloned();
    assert_eq!(of("DRAIN_S").expect("listed")["value"], "7");
    assert_eq!(of("POOL_SIZE").expect("listed")["is_default"], false);
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
