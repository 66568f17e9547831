//! The README's guide "Rotate a secret", followed word by word while people use the board.

mod keepsake;
mod stage;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use testbed::board::{Board, Part};
use testbed::process::Process;

use super::guide::{self, Block};
use keepsake::Keepsake;
use stage::Stage;

/// The guide's blocks: keys, the database, Redis and Resend.
fn blocks() -> [Block; 3] {
    guide::blocks("Rotate a secret").try_into().unwrap_or_else(|_| panic!("three blocks"))
}

/// Everything at once, and deployed once, at the end. Without the keys of links: no mail would come any more.
fn in_one_step(block: Block) -> Block {
    let last = block.0.len() - 1;
    let parts = block.0.into_iter().enumerate();
    let once = parts.map(|(number, (title, commands))| {
        let kept = commands.lines().filter(|line| number == last || !line.starts_with("boardctl deploy"));
        (title, kept.map(without_links).collect::<Vec<_>>().join("\n"))
    });
    Block(once.collect())
}

fn without_links(line: &str) -> String {
    line.split(' ').filter(|word| !word.starts_with("SIGN_IN_KEYS=")).collect::<Vec<_>>().join(" ")
}

const PATIENCE: Duration = Duration::from_secs(60);
const OLD_PASSWORD: &str = "the-old-password";
const RESEND: &str = "re_another";

/// A stage, and Resend's stand-in beside it.
struct Scene {
    stage: Arc<Stage>,
    stand_in: Process,
}

impl Scene {
    async fn set() -> Self {
        let board = Board::temporary().await.expect("a board");
        let stand_in = stand_in(&board, None).await;
        let redis = board.servers.redis.own().expect("ours");
        let set = redis.command(&["ACL", "SETUSER", "default", "resetpass", &format!(">{OLD_PASSWORD}")]).await;
        assert!(set.expect("it answers").starts_with("+OK"));
        let url = format!("redis://default:{OLD_PASSWORD}@{}", redis.address());
        Self { stage: Stage::start([(Part::Applications, "REDIS_URL", url)], board).await, stand_in }
    }

    fn board(&self) -> &Board {
        &self.stage.board
    }

    /// What a person who follows the guide knows.
    fn variables(&self) -> Vec<(&'static str, String)> {
        let (board, secrets) = (self.board(), &self.board().secrets);
        let listed: Value = serde_json::from_str(&secrets.tokens.public_jwks()).expect("JSON");
        let redis = board.servers.redis.own().expect("ours").address();
        let database = board.database_url(Part::Api);
        vec![
            ("OLD_SIGN_IN", secrets.sign_in_keys.clone()),
            ("OLD_REFRESH", secrets.refresh_keys.clone()),
            ("OLD_JWK", listed["keys"][0].to_string()),
            ("OWNER_URL", board.servers.owner_url()),
            ("OLD_LOGIN", board.login(Part::Api).expect("it has one")),
            ("NEW_LOGIN", "api_2".to_owned()),
            ("DATABASE", database.split_once('@').expect("a login").1.to_owned()),
            ("REDIS", redis.to_string()),
            ("REDIS_USER", "default".to_owned()),
            ("OLD_PASSWORD", OLD_PASSWORD.to_owned()),
            ("OLD_REDIS_URL", format!("redis://default:{OLD_PASSWORD}@{redis}")),
            ("RESEND", RESEND.to_owned()),
        ]
    }

    async fn follow(&self, block: &Block) -> Vec<String> {
        self.stage.follow(block, &self.variables()).await
    }
}

/// One that takes this key alone, or any.
async fn stand_in(board: &Board, key: Option<&str>) -> Process {
    let command = board.command(Part::ResendStandIn).expect("a binary");
    let command = key.into_iter().fold(command, |command, key| command.env("API_KEY", key));
    let process = command.start().expect("started");
    process.wait_until_ok(&format!("{}/readyz", board.url(Part::ResendStandIn)), PATIENCE).await.expect("ready");
    process
}

#[tokio::test]
async fn keys_are_rotated_by_the_guide_under_load_and_the_old_ones_are_refused_at_the_end() {
    let scene = Scene::set().await;
    let of_old_keys = Keepsake::take(&scene.stage).await;
    let [keys, _, _] = blocks();
    assert_eq!(scene.follow(&keys).await, Vec::<String>::new());
    assert_eq!(
        of_old_keys.refused(&scene.stage).await,
        ["an access token at api", "an access token at applications", "a mailed link", "a refresh token"]
    );
}

#[tokio::test]
async fn passwords_are_rotated_by_the_guide_under_load_and_the_old_ones_are_refused_at_the_end() {
    let mut scene = Scene::set().await;
    let [_, database, others] = blocks();
    assert_eq!(scene.follow(&database).await, Vec::<String>::new());
    assert_eq!(scene.follow(&others).await, Vec::<String>::new());
    let old_login = tokio_postgres::connect(&scene.board().database_url(Part::Api), tokio_postgres::NoTls).await;
    assert!(old_login.is_err(), "the old login may in");
    let redis = scene.board().servers.redis.own().expect("ours");
    let old_password = redis.command(&["AUTH", "default", OLD_PASSWORD]).await.expect("it answers");
    assert!(old_password.starts_with("-WRONGPASS"), "{old_password}");
    // As Resend does when the old key is deleted there.
    scene.stand_in.stop(PATIENCE).await.expect("it ends");
    scene.stand_in = stand_in(scene.board(), Some(RESEND)).await;
    assert_eq!(Keepsake::take(&scene.stage).await.refused(&scene.stage).await, Vec::<&str>::new());
}

#[tokio::test]
async fn a_key_that_is_rotated_in_one_step_has_requests_fail() {
    let scene = Scene::set().await;
    let [keys, _, _] = blocks();
    let failures = scene.follow(&in_one_step(keys)).await;
    for wanted in [
        "api in two colours: an access token at api",
        "api in the new colour: an access token at api",
        "api in the new colour: a refresh token",
    ] {
        assert!(failures.iter().any(|failure| failure == wanted), "{wanted}, of {failures:?}");
    }
}

/// As whoever gives the login itself another password would: what a pool holds goes on, until it needs a new connection.
#[tokio::test]
async fn a_password_that_is_rotated_in_one_step_leaves_new_connections_out() {
    let scene = Scene::set().await;
    let client = scene.board().client().await.expect("the superuser may in");
    let person = scene.board().person(&client, Some("Ada")).await.expect("somebody");
    let api = testbed::http::Client::new(scene.stage.http.clone(), scene.board().url(Part::Api));
    let api = api.with_token(&person.token);
    let login = scene.board().login(Part::Api).expect("it has one");
    client.batch_execute(&format!("ALTER ROLE {login} PASSWORD 'another'")).await.expect("changed");
    assert_eq!(api.get("/v1/me").await.status, 200, "over a connection from before");
    let lost = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{login}'");
    client.batch_execute(&lost).await.expect("closed");
    assert_eq!(api.get("/v1/me").await.status, 503, "over a new one");
}
