//! One PostgreSQL and one Redis for all tests that do them no harm; each test has a database of its own.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use testbed::postgres::{self, Postgres};
use testbed::proxy::Proxy;
use testbed::redis::{self, Redis};
use testbed::token::KeyPair;
use tokio::sync::OnceCell;
use tokio_postgres::Client;

use super::{Start, small};

/// The servers that nobody harms.
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
}

static SERVERS: OnceCell<Servers> = OnceCell::const_new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// A commit of a row with 77 takes this long in the server, so that a test can cut it. `fail` fails with any SQLSTATE.
const SCHEMA: &str = "
    CREATE TABLE rows (n integer CONSTRAINT positive CHECK (n > 0));
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.n = 77 THEN PERFORM pg_sleep(2); END IF; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON rows
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger();
    CREATE FUNCTION fail(code text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = code; END $$;";

pub(crate) async fn servers() -> &'static Servers {
    let start = async || Servers {
        postgres: Postgres::start(postgres::Options::temporary()).await.expect("PostgreSQL starts"),
        redis: Redis::start(redis::Options::temporary()).await.expect("Redis starts"),
    };
    SERVERS.get_or_init(start).await
}

/// A database with the table that the example writes to.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) client: Client,
    pub(crate) keys: KeyPair,
}

/// A new database on the shared server.
pub(crate) async fn database() -> Database {
    Database::on(&servers().await.postgres).await
}

/// A superuser's address without TLS, as the settings want it.
pub(crate) fn postgres_url(server: &Postgres, database: &str) -> String {
    format!("{}?sslmode=disable", server.superuser_url(database))
}

impl Database {
    pub(crate) async fn on(server: &Postgres) -> Self {
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        server.create_database(&name, None).await.expect("a database");
        let client = server.client(&name).await.expect("the superuser may in");
        client.batch_execute(SCHEMA).await.expect("the table is made");
        Self { url: postgres_url(server, &name), client, keys: KeyPair::generate() }
    }

    /// The example that asks for everything, on this database and the shared Redis.
    pub(crate) async fn small(&self) -> Start {
        small(&self.url, &servers().await.redis.url(), &self.keys.public_jwks())
    }

    /// The same function, with this proxy between it and the database.
    pub(crate) async fn small_behind(&self, proxy: &Proxy) -> Start {
        let port = |port: u16| format!(":{port}/");
        let direct = servers().await.postgres.port();
        let url = self.url.replace(&port(direct), &port(proxy.address().port()));
        self.small().await.env("DATABASE_URL", &url)
    }

    /// The connections of the example's pool, as the server numbers them.
    pub(crate) async fn pool_pids(&self) -> BTreeSet<i32> {
        let query = "SELECT pid FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'small_function/pool'";
        let rows = self.client.query(query, &[]).await.expect("the server answers");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many rows were written.
    pub(crate) async fn rows(&self) -> i64 {
        self.number("SELECT count(*) FROM rows").await
    }

    /// How many queries of the example's pool run on the server now.
    pub(crate) async fn running(&self) -> i64 {
        self.number(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'small_function/pool' AND state = 'active'",
        )
        .await
    }

    async fn number(&self, query: &str) -> i64 {
        self.client.query_one(query, &[]).await.expect("the server answers").get(0)
    }
}
