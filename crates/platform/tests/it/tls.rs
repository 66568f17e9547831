//! TLS to PostgreSQL and Redis: who is believed, and what is said of who is not.

use std::path::Path;

use testbed::postgres::{self, Postgres};
use testbed::redis::{self, Redis, Tls};
use testbed::tls::Authority;
use testbed::token::KeyPair;
use testbed::wait;

use super::support::{Running, SOON, small};

/// Servers whose certificates are good for `localhost` alone, so that `127.0.0.1` is the wrong name.
struct Servers {
    authority: Authority,
    postgres: Postgres,
    redis: Redis,
}

impl Servers {
    async fn start() -> Self {
        let authority = Authority::new().expect("an authority");
        let issued = authority.issue(&["localhost"]).expect("a certificate");
        let options = postgres::Options::temporary().tls(&issued.certificate, &issued.key);
        let postgres = Postgres::start(options).await.expect("PostgreSQL starts");
        let options = redis::Options::temporary().tls(Tls {
            certificate: issued.certificate.clone(),
            key: issued.key.clone(),
            authority: authority.certificate().to_owned(),
        });
        let redis = Redis::start(options).await.expect("Redis starts");
        Self { authority, postgres, redis }
    }

    /// The function, which calls both servers by this name and trusts this authority.
    async fn function(&self, host: &str, query: &str, trusts: &Path) -> Running {
        let by_name = |url: String| url.replace("127.0.0.1", host);
        let database = by_name(self.postgres.superuser_url("postgres"));
        let keys = KeyPair::generate().public_jwks();
        let trusts = trusts.display().to_string();
        small(&format!("{database}{query}"), &by_name(self.redis.url()), &keys)
            .env("DATABASE_CA_FILE", &trusts)
            .env("REDIS_CA_FILE", &trusts)
            .alive()
            .await
    }
}

/// Waits until the check is good, or bad with this in its error.
async fn becomes(function: &Running, check: &str, wanted: Result<(), &str>) {
    let seen = async || {
        let body = function.get("/readyz").await.json();
        let checks = body["checks"].as_array().cloned().unwrap_or_default();
        let found = checks.into_iter().find(|it| it["name"] == check).unwrap_or_default();
        match wanted {
            Ok(()) => found["good"] == true,
            Err(text) => found["good"] == false && found["error"].as_str().is_some_and(|error| error.contains(text)),
        }
    };
    let seen = wait::until(SOON, check, seen).await;
    assert!(seen.is_ok(), "{check} is not {wanted:?}: {}", function.get("/readyz").await.body);
}

#[tokio::test]
async fn tls_believes_whom_it_should_and_says_whom_it_does_not() {
    let (servers, stranger) = (Servers::start().await, Authority::new().expect("another authority"));
    let ours = servers.authority.certificate();
    let right = servers.function("localhost", "?sslmode=verify-full", ours).await;
    let wrong_authority = servers.function("localhost", "", stranger.certificate()).await;
    let wrong_name = servers.function("127.0.0.1", "?sslmode=verify-full", ours).await;
    let unchecked = servers.function("127.0.0.1", "?sslmode=require", stranger.certificate()).await;
    becomes(&right, "postgres", Ok(())).await;
    becomes(&right, "redis", Ok(())).await;
    becomes(&unchecked, "postgres", Ok(())).await;
    for dependency in ["postgres", "redis"] {
        becomes(&wrong_authority, dependency, Err("certificate")).await;
        becomes(&wrong_name, dependency, Err("certificate")).await;
    }
    for refusing in [&wrong_authority, &wrong_name] {
        assert_eq!((refusing.get("/readyz").await.status, refusing.get("/routable").await.status), (503, 200));
        let told = refusing.get("/readyz").await.body + &refusing.output();
        let url = servers.postgres.superuser_url("postgres");
        let password = url.split([':', '@']).nth(2).expect("a password");
        assert!(!told.contains(password) && !told.contains("localhost"), "{told}");
    }
    assert_eq!(right.get("/settings").await.status, 200);
    assert_eq!(wrong_authority.get("/settings").await.status, 503);
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_where_tls_is_wanted() {
    let plain = Postgres::start(postgres::Options::temporary()).await.expect("PostgreSQL starts");
    let keys = KeyPair::generate().public_jwks();
    for query in ["?sslmode=require", "?sslmode=verify-full", ""] {
        let database = plain.superuser_url("postgres") + query;
        let function = small(&database, "redis://127.0.0.1:9", &keys).alive().await;
        becomes(&function, "postgres", Err("TLS")).await;
    }
}

#[tokio::test]
async fn whoever_is_added_for_all_vouches_for_postgresql_and_redis_alike() {
    let servers = Servers::start().await;
    let by_name = |url: String| url.replace("127.0.0.1", "localhost");
    let keys = KeyPair::generate().public_jwks();
    for query in ["", "?sslrootcert=system"] {
        let database = by_name(servers.postgres.superuser_url("postgres")) + query;
        let function = small(&database, &by_name(servers.redis.url()), &keys)
            .env("SSL_CERT_FILE", &servers.authority.certificate().display().to_string())
            .alive()
            .await;
        becomes(&function, "postgres", Ok(())).await;
        becomes(&function, "redis", Ok(())).await;
    }
    let file = servers.authority.certificate().display().to_string();
    let database = by_name(servers.postgres.superuser_url("postgres")) + "?sslrootcert=" + &file;
    // Each of several servers is held to its own name.
    let several = database.replace("@localhost", "@nowhere.invalid:9,localhost");
    assert_ne!(several, database);
    for database in [database, several] {
        let function = small(&database, "redis://127.0.0.1:9", &keys).alive().await;
        becomes(&function, "postgres", Ok(())).await;
    }
}
