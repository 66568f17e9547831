//! PgBouncer between a function and its database: ready where it keeps what belongs to a session, and told by name where
//! it does not. Whatever it does, its other clients inherit nothing of ours.

use testbed::pgbouncer::{Lends, PgBouncer};
use testbed::postgres::{Options, Postgres};
use testbed::wait;
use tokio_postgres::NoTls;

use super::support::{Database, Running, SOON, servers, small};

/// The bounds of a function's connections, for those of a login to whom a pooler passes none on.
const BOUNDS: &str = "ALTER ROLE postgres SET statement_timeout = '2500ms';
    ALTER ROLE postgres SET lock_timeout = '2s';
    ALTER ROLE postgres SET idle_in_transaction_session_timeout = '3500ms'";

const PASSES_NOTHING: &str = "ignore_startup_parameters = options";

/// A server of one's own with a pooler before it, and the function behind that.
struct Pooled {
    function: Running,
    pooler: PgBouncer,
    name: String,
    _server: Postgres,
}

impl Pooled {
    async fn start(lends: Lends, settings: &[&str], prepare: &str) -> Self {
        let server = Postgres::start(Options::temporary()).await.expect("PostgreSQL starts");
        let database = Database::on(&server).await;
        database.client.batch_execute(prepare).await.expect("it is prepared");
        let name: String =
            database.client.query_one("SELECT current_database()::text", &[]).await.expect("it says").get(0);
        let pooler = PgBouncer::start(&server, lends, settings).await.expect("PgBouncer starts");
        let redis = servers().await.redis.url();
        let function = small(&pooler.url(&name), &redis, &database.keys.public_jwks()).alive().await;
        Self { function, pooler, name, _server: server }
    }

    /// What `/readyz` says of PostgreSQL.
    async fn told(&self) -> Option<String> {
        let report = self.function.get("/readyz").await.json();
        let checks = report["checks"].as_array().expect("a list").clone();
        let check = checks.iter().find(|check| check["name"] == "postgres").expect("it is a check").clone();
        check["error"].as_str().map(str::to_owned)
    }

    async fn is_told(&self, wanted: &str) {
        // Together: a pooler may happen to lend the same connection again, and one bad round after a good one is forgiven.
        let says = async || {
            let told = self.told().await.is_some_and(|told| told.contains(wanted));
            told && self.function.get("/readyz").await.status == 503
        };
        let seen = wait::until(SOON, wanted, says).await;
        assert!(seen.is_ok(), "instead: {:?}; {}", self.told().await, self.pooler.process().output());
    }

    /// What somebody else's connections over the same pooler are told to be cut after.
    async fn bounds_of_others(&self) -> Vec<String> {
        let mut bounds = Vec::new();
        for _ in 0..4 {
            let (client, driver) =
                tokio_postgres::connect(&self.pooler.url(&self.name), NoTls).await.expect("it is let in");
            tokio::spawn(driver);
            let told = client.simple_query("SHOW statement_timeout").await.expect("it answers");
            let row = told.iter().find_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            });
            bounds.extend(row);
        }
        bounds
    }
}

#[tokio::test]
async fn one_that_passes_no_bounds_on_is_told_and_others_inherit_none() {
    let pooled = Pooled::start(Lends::ForASession, &[], "").await;
    pooled.is_told("SQLSTATE 08P01: as a pooler refuses a login, or the bounds it brings").await;
    assert_eq!(pooled.function.get("/rows").await.status, 503);
    assert_eq!(pooled.bounds_of_others().await, ["0"; 4]);
}

#[tokio::test]
async fn one_that_leaves_the_bounds_out_is_told_by_the_first_that_is_missing() {
    let pooled = Pooled::start(Lends::ForASession, &[PASSES_NOTHING], "").await;
    pooled.is_told("statement_timeout is not what was asked for, and 2 more: a pooler stands between").await;
    assert_eq!(pooled.bounds_of_others().await, ["0"; 4]);
}

/// Guards: pooler readiness.
#[tokio::test]
async fn one_that_lends_by_the_transaction_is_told_before_anybody_has_asked_anything() {
    let pooled = Pooled::start(Lends::ForATransaction, &[PASSES_NOTHING], BOUNDS).await;
    for _ in 0..4 {
        // By 26000, by 42P05, or by another connection's answer, as it lends.
        pooled.is_told(": a pooler stands between").await;
        assert_eq!(pooled.function.get("/routable").await.status, 200);
    }
}

#[tokio::test]
async fn one_that_lends_by_the_session_is_as_good_as_the_server_where_the_login_has_the_bounds() {
    let pooled = Pooled::start(Lends::ForASession, &[PASSES_NOTHING], BOUNDS).await;
    let ready = async || pooled.function.get("/readyz").await.status == 200;
    let seen = wait::until(SOON, "ready", ready).await;
    assert!(seen.is_ok(), "instead: {:?}", pooled.told().await);
    assert_eq!(pooled.function.get("/settings").await.json()["statement_timeout"], "2500ms");
    assert_eq!(pooled.function.get("/sql/60000").await.status, 503, "it is cut");
    assert_eq!(pooled.function.get("/rows").await.status, 200);
}
