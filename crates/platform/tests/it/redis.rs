//! Redis within requests: asked, left alone, and never waited for. Each test harms a server of its own.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::otlp::{Kind, Receiver};
use testbed::proxy::Proxy;
use testbed::redis::{Options, Redis};
use testbed::wait;

use super::support::{Database, Request, Running, SOON, database, servers, small};

/// What a request may wait for Redis, with what a machine that builds and tests at once adds.
const WAIT_S: f64 = 0.1;

struct Own {
    redis: Redis,
    function: Running,
}

impl Own {
    async fn start() -> Self {
        let (redis, Database { url, keys, .. }) = (Redis::start(Options::temporary()).await, database().await);
        let redis = redis.expect("Redis starts");
        let function = small(&url, &redis.url(), &keys.public_jwks()).ready().await;
        let own = Self { redis, function };
        own.answers(SOON).await;
        own
    }

    async fn visit(&self) -> Value {
        let answer = Request::post("/visits/zoe", "{}").ask(self.function.address).await;
        assert_eq!(answer.status, 200);
        answer.json()
    }

    /// Waits until visits are counted.
    async fn answers(&self, within: Duration) {
        wait::until(within, "an answer", async || self.visit().await["visits"].is_i64()).await.expect("it answers");
    }

    async fn commands(&self, outcome: &str) -> f64 {
        let name = format!("board_redis_commands_total{{outcome=\"{outcome}\"}}");
        self.function.metric(&name).await.unwrap_or_default()
    }

    /// That nobody waited longer than a request may, by what the function measured.
    async fn nobody_waited_long(&self) {
        let short = self.function.metric(&format!("board_redis_wait_seconds_bucket{{le=\"{WAIT_S}\"}}")).await;
        let all = self.function.metric("board_redis_wait_seconds_count").await;
        assert!(all.is_some_and(|all| all > 0.0) && short == all, "{short:?} of {all:?}");
    }
}

#[tokio::test]
async fn a_command_is_a_span_that_names_no_key() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let start = database.small().await.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url());
    let function = start.ready().await;
    let visit = async || Request::post("/visits/zoe", "{}").ask(function.address).await.json()["visits"].is_i64();
    wait::until(SOON, "an answer", visit).await.expect("it answers");
    let counted = function.requests("POST /visits/{who}").pop().expect("a line");
    let id = counted["trace_id"].as_str().expect("a trace");
    let trace = receiver.wait_for(id, |trace| trace.spans().len() == 2, SOON).await.expect("two spans arrive");
    let span = trace.named("INCR")[0];
    assert_eq!((span.kind, span.error.as_deref()), (Kind::Client, None));
    assert_eq!((span.attribute("db.system.name"), span.attribute("db.operation.name")), ("redis", "INCR"));
    assert!(!format!("{span:?}").contains("zoe"), "{span:?}");
}

#[tokio::test]
async fn a_server_that_is_gone_is_not_waited_for_and_found_again() {
    let mut own = Own::start().await;
    own.redis.kill();
    let gone = json!({ "visits": null, "error": "Redis is not connected" });
    wait::until(SOON, "its end noticed", async || own.visit().await == gone).await.expect("it is noticed");
    let sent = own.function.metric("board_redis_wait_seconds_count").await;
    for _ in 0..20 {
        assert_eq!(own.visit().await, gone);
    }
    assert_eq!(own.function.metric("board_redis_wait_seconds_count").await, sent, "nothing was sent");
    own.redis.start_again().await.expect("it starts again");
    own.answers(Duration::from_secs(3)).await;
    own.nobody_waited_long().await;
}

/// Guards: Redis left alone.
#[tokio::test]
async fn a_server_that_is_frozen_is_waited_for_once_and_then_left_alone() {
    let own = Own::start().await;
    own.redis.freeze().expect("it runs");
    assert_eq!(own.visit().await["error"], "Redis did not answer in time");
    for _ in 0..20 {
        own.visit().await;
    }
    let resting = own.commands("resting").await;
    assert!(resting >= 15.0, "it was spared {resting} times of 20: {}", own.function.metrics_page().await);
    let given_up = async || own.visit().await["error"] == "Redis is not connected";
    wait::until(SOON, "the connection given up", given_up).await.expect("it is given up");
    assert!(own.commands("late").await <= 2.0, "one who waits, and one who tries for all");
    own.redis.thaw().expect("it is there");
    own.answers(SOON).await;
    own.nobody_waited_long().await;
}

#[tokio::test]
async fn a_connection_that_died_silently_costs_a_short_wait_or_two_and_is_replaced() {
    let (servers, database) = (servers().await, database().await);
    let server = std::net::SocketAddr::from(([127, 0, 0, 1], servers.redis.port()));
    let proxy = Proxy::start(server).expect("a proxy");
    let url = servers.redis.url().replace(&server.port().to_string(), &proxy.address().port().to_string());
    let function = database.small().await.env("REDIS_URL", &url).ready().await;
    let visit = async || Request::post("/visits/bob", "{}").ask(function.address).await.json()["visits"].is_i64();
    wait::until(SOON, "an answer", visit).await.expect("it answers");
    proxy.lose();
    assert!(!visit().await, "it leads nowhere");
    wait::until(SOON, "an answer", visit).await.expect("over another connection");
    let late = function.metric("board_redis_commands_total{outcome=\"late\"}").await;
    assert!(late.is_some_and(|late| late <= 2.0), "{late:?} requests waited for it");
    let ready = async || function.get("/readyz").await.status == 200;
    wait::until(SOON, "ready", ready).await.expect("the prober, too, has another one");
}

/// Redis' own word stands wherever somebody may look for it, and the rest of its text, which can name a key, nowhere.
#[tokio::test]
async fn a_refusal_is_told_by_redis_own_word_in_span_metric_and_log() {
    let receiver = Receiver::start().expect("it listens");
    let (redis, Database { url, keys, .. }) = (Redis::start(Options::temporary()).await, database().await);
    let redis = redis.expect("Redis starts");
    let start = small(&url, &redis.url(), &keys.public_jwks());
    let function = start.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).ready().await;
    let own = Own { redis, function };
    own.answers(SOON).await;
    for (command, word) in [
        ("ACL SETUSER default -incr", "NOPERM"),
        ("ACL SETUSER default +incr", ""),
        ("CONFIG SET maxmemory 1", "OOM"),
        ("CONFIG SET maxmemory 0", ""),
        ("REPLICAOF 127.0.0.1 1", "READONLY"),
    ] {
        own.redis.command(&command.split(' ').collect::<Vec<_>>()).await.expect("it does as told");
        if word.is_empty() {
            continue;
        }
        let mut refusals = 0;
        let three = async || {
            let error = own.visit().await["error"].clone();
            refusals += u32::from(error == format!("Redis refused ({word})"));
            // Beside them one may be late, and a replica is left for whoever else the address may lead to by then.
            assert!(!error.is_null(), "it was counted");
            refusals == 3
        };
        wait::until(SOON, word, three).await.expect("three are refused");
        assert_eq!(own.commands(word).await, 3.0, "{}", own.function.metrics_page().await);
        let refused = |line: &Value| line["message"] == "Redis refused a command" && line["class"] == word;
        let told: Vec<_> = own.function.lines().into_iter().filter(refused).collect();
        assert_eq!(told.len(), 1, "once a minute: {}", own.function.output());
        assert_eq!((&told[0]["level"], &told[0]["operation"]), (&json!("warn"), &json!("INCR")));
        let span = async || {
            let spans = receiver.spans();
            spans.into_iter().find(|span| span.attribute("db.response.status_code") == word)
        };
        let span = wait::until_some(SOON, word, span).await.expect("a span says so");
        assert_eq!((span.name.as_str(), span.attribute("error.type")), ("INCR", word));
        let server = own.redis.address();
        assert_eq!(span.attribute("server.address"), server.ip().to_string());
        assert_eq!((span.attribute("server.port"), span.attribute("db.namespace")), (&*server.port().to_string(), "0"));
        assert!(!format!("{span:?}").contains("zoe"), "{span:?}");
    }
    assert!(!own.function.output().contains("\"zoe"), "{}", own.function.output());
}

#[tokio::test]
async fn a_redis_that_is_away_or_refuses_our_credential_is_told_by_its_class() {
    let (redis, Database { url, keys, .. }) = (Redis::start(Options::temporary()).await, database().await);
    let redis = redis.expect("Redis starts");
    let stranger = redis.url().replace("redis://", "redis://default:a-wrong-word@");
    redis.command(&["CONFIG", "SET", "requirepass", "another-word"]).await.expect("it does as told");
    let function = small(&url, &stranger, &keys.public_jwks()).alive().await;
    let told = function.line("Redis is not connected").await;
    assert_eq!((&told["level"], &told["class"]), (&json!("error"), &json!("WRONGPASS")), "{told}");
    redis.kill();
    let away = async || function.lines().into_iter().find(|line| line["class"] == "connection_refused");
    let told = wait::until_some(SOON, "a line", away).await.expect("it is told");
    assert_eq!((&told["level"], &told["message"]), (&json!("warn"), &json!("Redis is not connected")));
    for private in ["a-wrong-word", "another-word"] {
        assert!(!function.output().contains(private), "{}", function.output());
    }
}
