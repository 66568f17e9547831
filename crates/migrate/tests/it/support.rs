//! One server for the whole binary, a database for each test, and the program itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use testbed::postgres::{Options, Postgres};
use testbed::process::{Command, Process};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

/// Longer than anything here takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Every group role, as an expression that matches their names and no others.
pub(crate) fn all_groups() -> String {
    format!("^({})$", migrate::group_roles().join("|"))
}

/// A database of one's own on the shared server.
pub(crate) struct Database {
    pub(crate) server: &'static Postgres,
    pub(crate) name: String,
}

/// The shared server.
pub(crate) async fn server() -> &'static Postgres {
    static SERVER: OnceCell<Postgres> = OnceCell::const_new();
    SERVER.get_or_init(async || Postgres::start(Options::temporary()).await.expect("postgres starts")).await
}

impl Database {
    /// An empty one.
    pub(crate) async fn empty() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let server = server().await;
        let name = format!("board_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server.create_database(&name, None).await.expect("it is made");
        Self { server, name }
    }

    /// One that was brought forward.
    pub(crate) async fn migrated() -> Self {
        let database = Self::empty().await;
        database.migrate().await;
        database
    }

    /// Its superuser's address.
    pub(crate) fn url(&self) -> String {
        self.server.superuser_url(&self.name) + "?sslmode=disable"
    }

    /// A superuser's connection.
    pub(crate) async fn client(&self) -> Client {
        self.server.client(&self.name).await.expect("the superuser may in")
    }

    /// A connection of a new login that is a member of these groups.
    pub(crate) async fn login(&self, groups: &[&str]) -> Client {
        let name = format!("{}_{}", self.name, groups.join("_"));
        self.server.create_login(&name, "secret", groups).await.expect("the login is made");
        let url = self.server.url(&name, "secret", &self.name);
        let (client, driver) = tokio_postgres::connect(&url, NoTls).await.expect("it may in");
        tokio::spawn(driver);
        client
    }

    /// The program, aimed at this database.
    pub(crate) fn program(&self) -> Command {
        program(&self.url())
    }

    /// Runs the program, which must succeed; what it wrote.
    pub(crate) async fn migrate(&self) -> String {
        run(&self.program()).await.succeeded()
    }

    /// What describes the whole schema with all rights, and the history.
    pub(crate) async fn dump(&self) -> String {
        let dumped = std::process::Command::new("pg_dump")
            .args(["--schema-only", "--create"])
            .arg(self.server.superuser_url(&self.name))
            .output()
            .expect("pg_dump runs");
        assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
        // Lines with a backslash hold a key that is drawn anew for each dump.
        let schema = String::from_utf8_lossy(&dumped.stdout).into_owned();
        let schema: Vec<&str> = schema.lines().filter(|line| !line.starts_with('\\')).collect();
        let history =
            self.text("SELECT string_agg(h::text, E'\\n' ORDER BY version) FROM refinery_schema_history h").await;
        schema.join("\n") + &history
    }

    /// The one text that a query answers.
    pub(crate) async fn text(&self, query: &str) -> String {
        let row = self.client().await.query_one(query, &[]).await.expect(query);
        row.get::<_, Option<String>>(0).unwrap_or_default()
    }

    /// Runs statements as the superuser.
    pub(crate) async fn execute(&self, statements: &str) {
        self.client().await.batch_execute(statements).await.expect(statements);
    }

    /// What was applied, in order.
    pub(crate) async fn versions(&self) -> String {
        self.text("SELECT string_agg(version::text, ' ' ORDER BY version) FROM refinery_schema_history").await
    }
}

/// Every migration by name, in order.
pub(crate) fn migrations() -> Vec<String> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations")).expect("the folder");
    let names = folder.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names
        .filter_map(|name| Some(name.strip_suffix(".sql")?.to_owned()))
        .filter(|name| name.starts_with('V'))
        .collect();
    names.sort();
    names
}

/// Their numbers, as [`Database::versions`] tells them when all were applied.
pub(crate) fn every_version() -> String {
    (1..=migrations().len()).map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}

/// The program, aimed at a database.
pub(crate) fn program(url: &str) -> Command {
    Process::command(env!("CARGO_BIN_EXE_migrate")).clean_env().env("DATABASE_URL", url)
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
}

impl Run {
    /// What it wrote, when it succeeded.
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.output);
        self.output
    }

    /// What it wrote, when it failed with this code.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}", self.output);
        self.output
    }
}

/// Starts it and waits for its end.
pub(crate) async fn run(program: &Command) -> Run {
    ended(&program.start().expect("it starts")).await
}

/// Waits for the end of one that was started.
pub(crate) async fn ended(process: &Process) -> Run {
    let status = process.wait(DEADLINE).await.expect("it ends");
    Run { code: status.code(), output: process.output() }
}

/// Looks until the program waits for a lock in the watcher's database. The watcher must be in no transaction: within
/// one, the server shows the same picture again and again.
pub(crate) async fn waits_for_a_lock(watcher: &Client) {
    let look = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'migrate' AND wait_event_type = 'Lock'";
    testbed::wait::until(DEADLINE, "a run that waits", async || {
        watcher.query_one(look, &[]).await.expect("it answers").get::<_, i64>(0) == 1
    })
    .await
    .expect("it waits");
}
