//! A migrated database of the test's own, and rows in it.

use std::sync::atomic::{AtomicUsize, Ordering};

use contracts::ids::{ApplicationId, PersonId, SignInId};
use email_worker::store::Store;
use platform::clock::Clock;
use platform::config::{Reader, Settings as _};
use platform::guard::breaker::Breaker;
use platform::postgres::{Pool, PoolSettings};
use platform::probe::Seen;
use platform::telemetry::metric::Metrics;
use serde_json::{Value, json};
use testbed::postgres::{Options, Postgres};
use testbed::process::Process;
use tokio::sync::OnceCell;
use tokio_postgres::Client;
use uuid::Uuid;

const TEMPLATE: &str = "migrated";

/// One server for all tests; its guard ends it with this process.
static SERVER: OnceCell<Postgres> = OnceCell::const_new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// A database of the test's own.
pub(super) struct Board {
    pub(super) server: &'static Postgres,
    pub(super) database: String,
    pub(super) client: Client,
}

/// Who applied for what, and who is told.
#[derive(Clone, Copy)]
pub(super) struct Applied {
    pub(super) application: ApplicationId,
    pub(super) member: PersonId,
}

/// A row of the outbox to be.
pub(super) struct Row<'a> {
    pub(super) kind: &'a str,
    pub(super) payload: Value,
    pub(super) priority: i16,
    pub(super) send_before_s: f64,
    pub(super) traceparent: Option<&'a str>,
}

impl Default for Row<'_> {
    fn default() -> Self {
        let payload = json!({ "application_id": id() });
        Self { kind: "application_received", payload, priority: 1, send_before_s: 3_600.0, traceparent: None }
    }
}

pub(super) fn id() -> Uuid {
    Clock::system().id()
}

async fn server() -> Postgres {
    let server = Postgres::start(Options::temporary()).await.expect("PostgreSQL starts");
    server.create_database(TEMPLATE, None).await.expect("an empty database");
    let migrate = Process::command(testbed::cargo::binary("migrate").expect("a binary")).clean_env();
    let url = format!("{}?sslmode=disable", server.superuser_url(TEMPLATE));
    migrate.env("DATABASE_URL", url).run().expect("it is brought forward");
    server
}

impl Board {
    pub(super) async fn new() -> Self {
        let server = SERVER.get_or_init(server).await;
        let database = format!("board_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        server.create_database(&database, Some(TEMPLATE)).await.expect("a copy");
        let client = server.client(&database).await.expect("a connection");
        Self { server, database, client }
    }

    /// What a function is given.
    pub(super) fn url(&self) -> String {
        format!("{}?sslmode=disable", self.server.superuser_url(&self.database))
    }

    pub(super) fn store(&self) -> Store {
        Store::new(self.pool())
    }

    pub(super) fn pool(&self) -> Pool {
        self.pool_of(8)
    }

    /// A pool of so many connections.
    pub(super) fn pool_of(&self, size: usize) -> Pool {
        let values = [("DATABASE_URL", self.url()), ("POOL_SIZE", size.to_string())];
        let mut reader = Reader::new(values.map(|(name, value)| (name.to_owned(), value)));
        let settings = PoolSettings::read(&mut reader);
        let settings = reader.finish(settings).expect("an address");
        let metrics = Metrics::default();
        let breaker = Breaker::new("postgres", settings.breaker, &metrics);
        Pool::new(settings, "test".to_owned(), &metrics, Seen::default(), breaker).expect("a pool")
    }

    /// Puts a mail into the outbox.
    pub(super) async fn mail(&self, row: Row<'_>) -> Uuid {
        let id = id();
        self.client
            .execute(
                "INSERT INTO outbox (id, kind, reason, payload, priority, send_before, traceparent)
                 VALUES ($1, $2, $1::uuid::text, $3, $4, clock_timestamp() + make_interval(secs => $5), $6)",
                &[&id, &row.kind, &row.payload, &row.priority, &row.send_before_s, &row.traceparent],
            )
            .await
            .expect("an outbox row");
        id
    }

    /// Somebody asks to sign in: the sign-in and its mail.
    pub(super) async fn ask_to_sign_in(&self, email: &str, traceparent: Option<&str>) -> SignInId {
        let sign_in = id();
        self.client
            .execute(
                "INSERT INTO sign_ins (id, email, email_key, key_id, expires_at)
                 VALUES ($1, $2, $2, 'k1', clock_timestamp() + interval '15 minutes')",
                &[&sign_in, &email],
            )
            .await
            .expect("a sign-in");
        let payload = json!({ "sign_in_id": sign_in, "key_id": "k1" });
        self.mail(Row { kind: "sign_in_link", payload, priority: 0, send_before_s: 600.0, traceparent }).await;
        SignInId(sign_in)
    }

    /// Somebody applies for a job of a company with one member.
    pub(super) async fn apply(&self, applicant: &str, member: &str) -> Applied {
        let (person, other) = (self.person(applicant, Some("Ada")).await, self.person(member, None).await);
        let [company, job, application] = [id(), id(), id()];
        let statements: [(&str, &[&(dyn tokio_postgres::types::ToSql + Sync)]); 4] = [
            ("INSERT INTO companies (id, name) VALUES ($1, 'Engines')", &[&company]),
            ("INSERT INTO company_members (company_id, person_id) VALUES ($1, $2)", &[&company, &other]),
            (
                "INSERT INTO jobs (id, company_id, title, description, remote, kind)
                 VALUES ($1, $2, 'Driver', 'Drive.', 'no', 'full_time')",
                &[&job, &company],
            ),
            (
                "INSERT INTO applications (id, job_id, person_id, letter) VALUES ($1, $2, $3, 'Dear all')",
                &[&application, &job, &person],
            ),
        ];
        for (statement, params) in statements {
            self.client.execute(statement, params).await.expect("a row of the board");
        }
        Applied { application: ApplicationId(application), member: PersonId(other) }
    }

    async fn person(&self, email: &str, name: Option<&str>) -> Uuid {
        let statement = "INSERT INTO people (id, email, email_key, name) VALUES ($1, $2, $2 || $1::uuid::text, $3)";
        let id = id();
        self.client.execute(statement, &[&id, &email, &name]).await.expect("a person");
        id
    }

    /// A mail that says that the application arrived.
    pub(super) async fn received(&self, applied: Applied) -> Uuid {
        let payload = json!({ "application_id": applied.application });
        self.mail(Row { payload, ..Row::default() }).await
    }

    /// How many mails are in this state.
    pub(super) async fn in_state(&self, state: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM outbox WHERE state = '{state}'")).await
    }

    /// The number that a query answers with.
    pub(super) async fn number(&self, query: &str) -> i64 {
        self.client.query_one(query, &[]).await.expect("an answer").get(0)
    }

    /// The text that a query answers with.
    pub(super) async fn text(&self, query: &str) -> Option<String> {
        self.client.query_opt(query, &[]).await.expect("an answer").and_then(|row| row.get(0))
    }

    /// Does something to the database.
    pub(super) async fn run(&self, statement: &str) {
        self.client.batch_execute(statement).await.expect("a statement");
    }
}
