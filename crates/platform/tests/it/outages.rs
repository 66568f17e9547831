//! Dependencies that go away, freeze and come back. Each test harms servers of its own.

use std::time::{Duration, Instant};

use serde_json::Value;
use testbed::postgres::{self, Postgres};
use testbed::redis::{self, Redis};
use testbed::token::KeyPair;
use testbed::wait;
use tokio::time::sleep;

use super::support::{Running, SOON, Start, postgres_url, small};

/// How soon a dependency's return must show.
const RETURN: Duration = Duration::from_secs(5);

struct Own {
    postgres: Postgres,
    redis: Redis,
}

impl Own {
    async fn start() -> Self {
        let postgres = Postgres::start(postgres::Options::temporary()).await.expect("PostgreSQL starts");
        Self { postgres, redis: Redis::start(redis::Options::temporary()).await.expect("Redis starts") }
    }

    fn function(&self) -> Start {
        let database = postgres_url(&self.postgres, "postgres");
        small(&database, &self.redis.url(), &KeyPair::generate().public_jwks())
    }

    async fn stop(&self) {
        self.postgres.stop().await.expect("it stops");
        self.redis.stop().await.expect("it stops");
    }

    async fn start_again(&mut self) {
        let (postgres, redis) = tokio::join!(self.postgres.start_again(), self.redis.start_again());
        postgres.and(redis).expect("they start again");
    }

    fn freeze(&self) {
        self.postgres.freeze().and(self.redis.freeze()).expect("they run");
    }

    fn thaw(&self) {
        self.postgres.thaw().and(self.redis.thaw()).expect("they are there");
    }
}

/// What `/readyz` says of PostgreSQL and of Redis.
async fn verdicts(function: &Running) -> (bool, bool) {
    let body = function.get("/readyz").await.json();
    let good = |name: &str| {
        let checks = body["checks"].as_array().expect("a list");
        checks.iter().find(|check| check["name"] == name).is_some_and(|check| check["good"] == true)
    };
    (good("postgres"), good("redis"))
}

async fn both_become(function: &Running, good: bool, within: Duration) {
    let seen = wait::until(within, "verdicts", async || verdicts(function).await == (good, good)).await;
    let body = function.get("/readyz").await.body;
    assert!(seen.is_ok(), "wanted both {good}, had {body}");
    assert_eq!(function.get("/readyz").await.status, if good { 200 } else { 503 }, "{body}");
}

/// A dependency's loss is no reason to be restarted, nor to be taken out of the routing.
async fn alive_and_routable(function: &Running) {
    assert_eq!(function.get("/healthz").await.status, 200);
    assert_eq!(function.get("/routable").await.status, 200);
}

#[tokio::test]
async fn what_is_absent_at_the_start_is_waited_for() {
    let mut own = Own::start().await;
    own.stop().await;
    let function = own.function().alive().await;
    wait::until(SOON, "routable", async || function.get("/routable").await.status == 200).await.expect("a round");
    assert_eq!(verdicts(&function).await, (false, false));
    alive_and_routable(&function).await;
    own.start_again().await;
    both_become(&function, true, RETURN).await;
}

#[tokio::test]
async fn a_stop_unreadies_and_a_return_readies() {
    let mut own = Own::start().await;
    let function = own.function().ready().await;
    own.stop().await;
    both_become(&function, false, RETURN).await;
    alive_and_routable(&function).await;
    let errors: Vec<Value> = function.get("/readyz").await.json()["checks"]
        .as_array()
        .expect("a list")
        .iter()
        // Nobody has asked the database meanwhile, so neither the breaker nor the pools know of anything.
        .filter(|check| check["name"] == "postgres" || check["name"] == "redis")
        .map(|check| check["error"].clone())
        .collect();
    assert!(errors.iter().all(Value::is_string), "{errors:?}");
    own.start_again().await;
    both_become(&function, true, RETURN).await;
}

#[tokio::test]
async fn three_frozen_seconds_are_forgiven_and_ten_are_not() {
    let own = Own::start().await;
    let function = own.function().ready().await;
    own.freeze();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        assert_eq!(verdicts(&function).await, (true, true), "after {:?}", began.elapsed());
        sleep(Duration::from_millis(50)).await;
    }
    own.thaw();
    while began.elapsed() < Duration::from_secs(7) {
        assert_eq!(verdicts(&function).await, (true, true), "after {:?}", began.elapsed());
        sleep(Duration::from_millis(50)).await;
    }
    own.freeze();
    let began = Instant::now();
    both_become(&function, false, Duration::from_secs(8)).await;
    alive_and_routable(&function).await;
    while began.elapsed() < Duration::from_secs(10) {
        assert_eq!(verdicts(&function).await, (false, false), "after {:?}", began.elapsed());
        sleep(Duration::from_millis(50)).await;
    }
    own.thaw();
    both_become(&function, true, RETURN).await;
}
