//! The README's guide "First deploy", followed word by word: from an organization with nothing in it to people at a board;
//! and those that come after it, "Scale the workers" and "Look at a trace".
//! `perl`, `git`, `openssl`, `psql`, `scripts/ship` and `boardctl` are the real ones, and so are all functions.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use boardctl::smoke_test::{self, Places};
use fly_stand_in::Settings;
use fly_stand_in::site::{Options, Site};
use platform::http::client::stack;
use serde_json::{Value, json};
use testbed::board::{self, Part, RESEND_KEY, Secrets};
use testbed::postgres::{self, Postgres};
use testbed::process::Process;
use testbed::redis::{self, Redis};
use tokio::process::Command;
use url::Url;

use super::guide::{self, Block, Script};

const PATIENCE: Duration = Duration::from_secs(60);
/// Names with ours in them.
const NAME: &str = "job-board";
const DOMAIN: &str = "acme-board-jobs.example";
/// As Managed Postgres calls both.
const OWNER: &str = "fly-user";
const DATABASE: &str = "fly-db";

/// What this build is not: flyctl, cargo at work, the tests of the tree.
const STAND_INS: &str = r#"
cargo() { [ "$*" = "build --release --bin boardctl" ] && mkdir -p target/release && cp "$TOOLS/boardctl" target/release/; }
fly() {
    case "$1 $2 ${3:-}" in
    "secrets set --stage") [ "$4" = --app ] && stage "${@:5}" && ask "secrets $5" ;;
    "tokens create org") echo "FlyV1 $TOKEN" ;;
    "tokens create deploy") [ "$4 $5" = "--app $NAME-email-worker" ] && echo "FlyV1 of its deploys" ;;
    "tokens create readonly") [ "$4 $5" = "--org $ORG" ] && echo "FlyV1 of who reads" ;;
    *) ask "fly $*" ;;
    esac
}
"#;

const FUNCTIONS: [&str; 4] = ["migrate", "api", "applications", "email-worker"];

fn app(function: &str) -> String {
    format!("{NAME}-{function}")
}

/// An organization with nothing in it, and the servers that it will have.
struct Scene {
    folder: tempfile::TempDir,
    site: Site,
    postgres: Postgres,
    redis: Redis,
    resend: (Process, Url),
    created: BTreeSet<String>,
    /// What flyctl was asked for, but for secrets.
    asked: Vec<String>,
}

impl Scene {
    async fn set() -> Self {
        let options = postgres::Options::temporary().setting("max_connections", "200");
        let postgres = Postgres::start(options).await.expect("PostgreSQL");
        postgres.create_database(DATABASE, None).await.expect("a database");
        postgres.create_login(OWNER, "secret", &[]).await.expect("its owner");
        let superuser = postgres.client(DATABASE).await.expect("the superuser may in");
        let owns = format!("ALTER ROLE \"{OWNER}\" CREATEROLE; ALTER DATABASE \"{DATABASE}\" OWNER TO \"{OWNER}\"");
        superuser.batch_execute(&owns).await.expect("it owns it");
        let settings = Settings { autostop: Duration::from_secs(1_000_000), ..Settings::default() };
        let apps = FUNCTIONS.into_iter().chain(["autoscaler"]).map(app);
        let options = Options::new(apps).scale(0.1).settings(settings);
        let site = Site::start(options).await.expect("Fly's stand-in");
        let redis = Redis::start(redis::Options::temporary()).await.expect("Redis");
        let (folder, resend) = (tempfile::tempdir().expect("a folder"), resend().await);
        let scene = Self { folder, site, postgres, redis, resend, created: BTreeSet::new(), asked: Vec::new() };
        scene.tree();
        scene.tools();
        scene
    }

    /// As much of a fork as the guide's commands touch.
    fn tree(&self) {
        let (from, tree) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), self.folder.path().join("fork"));
        let fly =
            deploy::rules::read(&from.join("fly")).expect("our own").into_keys().map(|name| format!("fly/{name}"));
        for file in fly.chain(["scripts/ship".to_owned()]) {
            std::fs::create_dir_all(tree.join(&file).parent().expect("a folder")).expect("made");
            std::fs::copy(from.join(&file), tree.join(&file)).expect("copied");
        }
        // Whoever followed the guide here has names of their own.
        let prefix = board::app("migrate").replace("migrate", "");
        for (name, text) in deploy::rules::read(&tree.join("fly")).expect("its own") {
            std::fs::write(tree.join("fly").join(name), text.replace(&prefix, "board-")).expect("written");
        }
        executable(&tree.join("scripts/test"), "#!/bin/sh\n[ \"$INSTA_UPDATE $*\" = 'always -p deploy' ]\n");
        std::fs::write(tree.join(".gitignore"), "target\n").expect("written");
        let git = |what: &str| {
            let git =
                std::process::Command::new("git").envs(person()).current_dir(&tree).args(what.split(' ')).status();
            assert!(git.expect("git starts").success(), "git {what}");
        };
        ["init --quiet", "add --all", "commit --quiet --message fork"].into_iter().for_each(git);
    }

    fn tools(&self) {
        executable(&self.folder.path().join("docker"), include_str!("first/docker.sh"));
        executable(&self.folder.path().join("boardctl"), include_str!("first/boardctl.sh"));
        let fronts = self.folder.path().join("fronts");
        std::fs::create_dir(&fronts).expect("made");
        for function in FUNCTIONS {
            std::fs::write(fronts.join(function), self.front(function).as_str()).expect("written");
        }
    }

    /// Where people's requests to a function come in.
    fn front(&self, function: &str) -> Url {
        let front = self.site.doors().public[&app(function)];
        Url::parse(&format!("http://{front}")).expect("an address")
    }

    /// What a person who follows the guide knows, and what this machine is told besides.
    fn environment(&self) -> BTreeMap<String, String> {
        let text = |path: &Path| path.display().to_string();
        let (doors, here) = (self.site.doors(), self.folder.path());
        let url = format!("{}?sslmode=disable", self.postgres.url(OWNER, "secret", DATABASE));
        let built = testbed::cargo::binary("boardctl").expect("built");
        let told = json!({
            "RESEND_URL": self.resend.1,
            "POLL_S": "0.05",
            "POSTS_PER_S": "1000",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        });
        let own = [
            ("NAME", NAME.to_owned()),
            ("ORG", "acme".to_owned()),
            ("DOMAIN", DOMAIN.to_owned()),
            ("DATABASE", url.split_once('@').expect("a login").1.to_owned()),
            ("DIRECT_URL", url.clone()),
            ("OWNER_URL", url),
            ("REDIS_URL", self.redis.url()),
            ("RESEND", RESEND_KEY.to_owned()),
            ("TOKEN", doors.token.clone()),
            ("TOOLS", text(here)),
            ("FRONTS", text(&here.join("fronts"))),
            ("BUILT", text(built.parent().expect("a folder"))),
            ("HERE", told.to_string()),
            ("PATH", format!("{}:{}", text(here), std::env::var("PATH").unwrap_or_default())),
            ("FLY_FLAPS_BASE_URL", doors.api.clone()),
            ("FLY_API_BASE_URL", doors.api.clone()),
            ("DEPLOY_TIMES", "tenth".to_owned()),
        ];
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(person()).collect()
    }

    async fn follow(&mut self, block: &Block) -> Vec<String> {
        let mut bash = Command::new("bash");
        bash.current_dir(self.folder.path().join("fork")).env_clear().envs(self.environment());
        let mut script = Script::start(block, STAND_INS, bash);
        while let Some(asked) = script.next().await {
            match asked.what.as_str() {
                "secrets" => self.set_secrets(&asked.about, script.staged(&asked.about)).await,
                "fly" => self.fly(&asked.about),
                _ => {}
            }
            script.go_on().await;
        }
        script.said
    }

    fn fly(&mut self, what: &str) {
        if let Some(created) = what.strip_prefix("apps create ") {
            let name = created.strip_suffix(" --org acme").expect("of the organization");
            self.created.insert(name.to_owned());
        }
        let words: Vec<&str> = what.split(' ').collect();
        let after = |flag| words.iter().position(|word| *word == flag).map(|at| words[at + 1].to_owned());
        for app in after("--app").into_iter().chain(after("--config").map(|file| self.app_of(&file))) {
            assert!(self.created.contains(&app), "fly {what}, but {app} was not created: {:?}", self.created);
        }
        self.asked.push(what.to_owned());
    }

    /// Whose a file in `fly/` is.
    fn app_of(&self, file: &str) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("fork").join(file)).expect("a file of the tree");
        let name = text.lines().find_map(|line| line.strip_prefix("app = \"")?.strip_suffix('"'));
        name.unwrap_or_else(|| panic!("no app in {file}")).to_owned()
    }

    async fn set_secrets(&self, app: &str, values: BTreeMap<String, String>) {
        assert!(self.created.contains(app), "{app} was not created: {:?}", self.created);
        let doors = self.site.doors();
        let url = format!("{}/v1/apps/{app}/secrets", doors.api);
        let sent = reqwest::Client::new().post(url).bearer_auth(&doors.token).json(&json!({ "values": values }));
        sent.send().await.expect("sent").error_for_status().expect("taken");
    }

    /// The names of an app's.
    async fn secrets(&self, name: &str) -> Vec<String> {
        let doors = self.site.doors();
        let url = format!("{}/v1/apps/{}/secrets", doors.api, app(name));
        let told = reqwest::Client::new().get(url).bearer_auth(&doors.token).send().await.expect("sent");
        let told: Value = told.error_for_status().expect("told").json().await.expect("JSON");
        let names = told["secrets"].as_array().expect("a list").iter().filter_map(|it| it["name"].as_str());
        names.map(str::to_owned).collect()
    }

    /// The logins of a group, and what they are besides.
    async fn logins(&self, group: &str) -> Vec<(String, bool)> {
        let client = self.postgres.client(DATABASE).await.expect("the superuser may in");
        let listed = "SELECT m.rolname::text, m.rolsuper OR m.rolcreaterole OR m.rolcreatedb FROM pg_auth_members
                      JOIN pg_roles m ON m.oid = member JOIN pg_roles g ON g.oid = roleid
                      WHERE g.rolname = $1 AND m.rolcanlogin AND NOT m.rolcreaterole";
        let rows = client.query(listed, &[&group]).await.expect("listed");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

/// Who commits.
fn person() -> [(String, String); 5] {
    let who = [("NAME", "A person"), ("EMAIL", "person@acme.example")];
    let [author, committer] =
        ["AUTHOR", "COMMITTER"].map(|role| who.map(|(what, value)| (format!("GIT_{role}_{what}"), value.to_owned())));
    let [a, b] = author;
    let [c, d] = committer;
    [a, b, c, d, ("GIT_CONFIG_GLOBAL".to_owned(), "/dev/null".to_owned())]
}

fn executable(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("set");
}

async fn resend() -> (Process, Url) {
    let url = format!("http://127.0.0.1:{}", testbed::port::free_port());
    let command = Process::command(testbed::cargo::binary("resend-stand-in").expect("built")).clean_env();
    let command = command.env("LISTEN", url.trim_start_matches("http://")).env("API_KEY", RESEND_KEY);
    let metrics = format!("127.0.0.1:{}", testbed::port::free_port());
    let process = command.env("METRICS_LISTEN", metrics).env("RATE_LIMIT", "none").start().expect("started");
    process.wait_until_ok(&format!("{url}/readyz"), PATIENCE).await.expect("ready");
    (process, Url::parse(&url).expect("an address"))
}

#[tokio::test]
async fn from_an_empty_organization_to_people_who_apply_and_get_their_mails() {
    let [names, database] = guide::blocks("First deploy").try_into().unwrap_or_else(|_| panic!("two blocks"));
    let mut scene = Scene::set().await;
    scene.follow(&names).await;
    assert_eq!(scene.created, FUNCTIONS.map(app).into());
    for function in ["api", "applications"] {
        assert!(scene.asked.contains(&format!("ips allocate --app {}", app(function))), "{:?}", scene.asked);
        assert!(scene.asked.contains(&format!("certs add {function}.{DOMAIN} --app {}", app(function))));
    }
    let files = deploy::rules::read(&scene.folder.path().join("fork/fly")).expect("its own");
    for (name, text) in &files {
        for ours in ["\"board-", "/board-", "board.example", "fly.dev", "/ORGANIZATION"] {
            assert!(!text.contains(ours), "{ours} is left in {name}");
        }
    }
    assert!(deploy::rules::broken(&files).is_empty());
    // Before anybody took theirs.
    if board::app("migrate") == "board-migrate" {
        let applications = format!("APPLICATIONS_URL = \"https://applications.{DOMAIN}\"");
        assert!(files["api.toml"].contains(&applications), "{}", files["api.toml"]);
        assert!(files["email-worker.toml"].contains(&format!("MAIL_FROM = \"Board <board@{DOMAIN}>\"")));
    }
    let servers = [
        format!("mpg create --name {NAME} --org acme --region ams --plan Launch"),
        format!("redis create --name {NAME} --org acme --region ams --no-replicas --disable-eviction"),
    ];
    assert!(servers.iter().all(|wanted| scene.asked.contains(wanted)), "{:?}", scene.asked);

    let said = scene.follow(&database).await.join("\n");
    for function in &FUNCTIONS[1..] {
        let group = format!("board_{}", function.replace('-', "_"));
        assert_eq!(scene.logins(&group).await, [(format!("{group}_1"), false)], "{function}");
        let line = said.lines().rev().find(|line| line.starts_with(function));
        assert!(line.is_some(), "{function} is not in what boardctl status says:\n{said}");
    }
    let places =
        Places { api: scene.front("api"), applications: scene.front("applications"), inbox: scene.resend.1.clone() };
    let walk = smoke_test::run(&places, &stack().expect("a client"), &Secrets::generate().password).await;
    assert_eq!(walk.failure, None, "{said}");
    let state: Value = scene.site.control().state().await.expect("it answers");
    let machines = state["machines"].as_array().expect("machines");
    let many =
        |function: &str| machines.iter().filter(|it| it["app"] == app(function) && it["state"] == "started").count();
    assert_eq!([Part::Api, Part::Applications, Part::EmailWorker].map(|part| many(part.name())), [2, 2, 3]);

    for block in ["Scale the workers", "Look at a trace"].into_iter().flat_map(guide::blocks) {
        scene.follow(&block).await;
    }
    assert_eq!(scene.secrets("autoscaler").await, ["FAS_API_TOKEN", "FAS_PROMETHEUS_TOKEN"]);
    let deployed = scene.asked.iter().filter(|asked| asked.starts_with("deploy "));
    assert_eq!(deployed.count(), 2, "{:?}", scene.asked);
    assert_eq!(scene.asked.last().map(String::as_str), Some("proxy 16686 --app job-board-traces"));
}
