//! What people bring to reach their database.

use testbed::port::free_port;
use testbed::postgres::{Options, Postgres};
use testbed::token::KeyPair;

use super::support::{servers, small};

const LOGIN: &str = "a_login";
const PASSWORD: &str = "it's a secret";
const DATABASE: &str = "a_board";

/// A server of its own, which knows the login and has the database.
async fn server() -> Postgres {
    let server = Postgres::start(Options::temporary()).await.expect("PostgreSQL starts");
    server.create_login(LOGIN, PASSWORD, &[]).await.expect("a login");
    server.create_database(DATABASE, None).await.expect("a database");
    server
}

#[tokio::test]
async fn words_with_options_that_have_spaces_work_as_an_address_does() {
    let (server, keys) = (server().await, KeyPair::generate().public_jwks());
    let (port, redis) = (server.port(), servers().await.redis.url());
    let words = format!(
        r"host=127.0.0.1 port={port} user={LOGIN} password='it\'s a secret' dbname={DATABASE} sslmode=disable
          options='-c work_mem=7MB -c jit=off'"
    );
    let address = format!(
        "postgresql://{LOGIN}:it%27s%20a%20secret@127.0.0.1:{port}/{DATABASE}?sslmode=disable&options=-c%20work_mem%3D7MB"
    );
    for text in [words, address] {
        let function = small(&text, &redis, &keys).ready().await;
        let told = function.get("/settings").await;
        assert_eq!((told.status, &told.json()["work_mem"]), (200, &"7MB".into()), "{}", function.output());
        assert!(!function.output().contains("secret"), "{}", function.output());
    }
}

#[tokio::test]
async fn of_several_servers_the_one_that_takes_writes_is_found() {
    let (mut read_only, primary) = tokio::join!(server(), server());
    read_only.stop().await.expect("it stops");
    read_only.start_again_with(&[("default_transaction_read_only", "on")]).await.expect("it starts again");
    let (dead, redis) = (free_port(), servers().await.redis.url());
    let several = format!(
        "postgres://{LOGIN}:it%27s%20a%20secret@127.0.0.1:{dead},127.0.0.1:{},127.0.0.1:{}/{DATABASE}\
         ?sslmode=disable&target_session_attrs=read-write",
        read_only.port(),
        primary.port()
    );
    let function = small(&several, &redis, &KeyPair::generate().public_jwks()).ready().await;
    assert_eq!(function.get("/settings").await.status, 200, "{}", function.output());
    let inside = primary.client("postgres").await.expect("the superuser may in");
    let here = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1";
    let here: i64 = inside.query_one(here, &[&LOGIN]).await.expect("told").get(0);
    assert!(here > 0, "nobody is at the primary");
}
