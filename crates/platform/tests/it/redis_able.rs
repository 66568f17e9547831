//! A Redis that answers and does not do what it is needed for. Each test harms a server of its own.

use testbed::redis::{Options, Redis};
use testbed::wait;

use super::support::{Database, Request, Running, SOON, database, small};

struct Own {
    redis: Redis,
    function: Running,
}

impl Own {
    async fn start() -> Self {
        Self::without(&[]).await
    }

    /// One that refuses these commands from the beginning.
    async fn without(commands: &[&str]) -> Self {
        let redis = Redis::start(Options::temporary()).await.expect("Redis starts");
        for command in commands {
            redis.command(&["ACL", "SETUSER", "default", &format!("-{command}")]).await.expect("Redis answers");
        }
        let Database { url, keys, .. } = database().await;
        let function = small(&url, &redis.url(), &keys.public_jwks()).ready().await;
        Self { redis, function }
    }

    async fn command(&self, words: &[&str]) -> String {
        self.redis.command(words).await.expect("Redis answers")
    }

    /// What `/readyz` says of Redis.
    async fn told(&self) -> (u16, Option<String>) {
        let answer = self.function.get("/readyz").await;
        let report = answer.json();
        let checks = report["checks"].as_array().expect("a list").clone();
        let check = checks.iter().find(|check| check["name"] == "redis").expect("it is a check").clone();
        (answer.status, check["error"].as_str().map(str::to_owned))
    }

    async fn is_told(&self, wanted: Option<&str>) {
        let wanted = wanted.map(|word| format!("it refuses what it is needed for ({word})"));
        let status = if wanted.is_some() { 503 } else { 200 };
        let says = async || self.told().await == (status, wanted.clone());
        let seen = wait::until(SOON, "what it says", says).await;
        assert!(seen.is_ok(), "wanted {wanted:?}, instead: {:?}", self.told().await);
        assert_eq!(self.function.get("/routable").await.status, 200);
    }

    /// Whether every key has an end.
    async fn all_end(&self) -> bool {
        let endless = "local n = 0
            for _, key in ipairs(redis.call('KEYS', '*')) do if redis.call('TTL', key) < 0 then n = n + 1 end end
            return n";
        self.command(&["EVAL", endless, "0"]).await.starts_with(":0")
    }
}

/// Guards: Redis readiness.
#[tokio::test]
async fn one_that_refuses_a_command_is_told_by_its_own_word_until_it_does_not() {
    let own = Own::start().await;
    own.command(&["CONFIG", "SET", "maxmemory", "1"]).await;
    own.is_told(Some("OOM")).await;
    own.command(&["ACL", "SETUSER", "default", "-zadd"]).await;
    own.command(&["CONFIG", "SET", "maxmemory", "0"]).await;
    own.is_told(Some("NOPERM")).await;
    assert!(own.all_end().await, "what was begun was left without an end");
    own.command(&["ACL", "SETUSER", "default", "+zadd", "-pexpire"]).await;
    own.is_told(Some("NOPERM")).await;
    assert!(own.all_end().await, "what was begun was left without an end");
    own.command(&["ACL", "SETUSER", "default", "+pexpire"]).await;
    own.is_told(None).await;
}

#[tokio::test]
async fn what_only_a_newer_one_knows_is_not_needed_and_every_key_has_an_end() {
    let own = Own::without(&["expire"]).await;
    own.is_told(None).await;
    assert!(own.all_end().await);
}

/// Guards: leaving replicas.
#[tokio::test]
async fn one_that_has_become_a_replica_is_told_and_left_for_the_primary() {
    let own = Own::start().await;
    let visit = async || Request::post("/visits/ada", "{}").ask(own.function.address).await.json();
    wait::until(SOON, "an answer", async || visit().await["visits"].is_i64()).await.expect("it answers");
    let connected = async || own.command(&["CLIENT", "LIST"]).await;
    let ids = |list: &str| -> Vec<String> {
        list.split_whitespace().filter_map(|field| field.strip_prefix("id=").map(str::to_owned)).collect()
    };
    let before = ids(&connected().await);
    own.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
    own.is_told(Some("READONLY")).await;
    let left = async || {
        visit().await;
        let now = ids(&connected().await);
        // The first two were the function's: the prober's and the worker's.
        before.iter().take(2).all(|id| !now.contains(id))
    };
    wait::until(SOON, "both connections left", left).await.expect("they are left");
    own.command(&["REPLICAOF", "NO", "ONE"]).await;
    own.is_told(None).await;
    wait::until(SOON, "an answer", async || visit().await["visits"].is_i64()).await.expect("it answers");
}
