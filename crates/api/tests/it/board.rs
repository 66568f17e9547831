//! One board for all tests of this binary. Each test brings people, companies and jobs of its own.

use std::time::Duration;

use contracts::ids::SignInId;
use contracts::sign_in::SignInKeys;
use serde_json::{Value, json};
use testbed::board::{Board as Whole, Part, Person};
use testbed::http::Client;
use testbed::process::Process;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::OnceCell;
use tokio_postgres::Row;
use uuid::Uuid;

/// What a start may take on a machine that builds and tests at the same time.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The processes end with this one: a guard sees to it.
static SHARED: OnceCell<Shared> = OnceCell::const_new();

struct Shared {
    board: Whole,
    api: Process,
    applications: Process,
}

/// The board as one test sees it: connections live on the test's own runtime.
pub(super) struct Board {
    pub(super) whole: &'static Whole,
    pub(super) api: Client,
    pub(super) applications: Client,
    pub(super) rows: tokio_postgres::Client,
    shared: &'static Shared,
}

/// Somebody who is signed in.
pub(super) struct Someone {
    pub(super) person: Person,
    pub(super) api: Client,
}

async fn shared() -> Shared {
    let board = Whole::temporary().await.expect("a board");
    // A client that does not say where it comes from, as Fly's proxy would, comes from where its connection does.
    // All tests ask from one address, and use few of their links.
    let command =
        |part| board.command(part).expect("a binary").env("CLIENT_ADDRESS", "fly").env("SIGN_IN_CLIENT_MAX", "60000");
    let start = |part| command(part).start().expect("it starts");
    let (api, applications) = (start(Part::Api), start(Part::Applications));
    for (process, part) in [(&api, Part::Api), (&applications, Part::Applications)] {
        process.wait_until_ok(&format!("{}/readyz", board.url(part)), PATIENCE).await.expect("it is ready");
    }
    Shared { board, api, applications }
}

impl Board {
    pub(super) async fn new() -> Self {
        let shared = SHARED.get_or_init(shared).await;
        let http = platform::http::client::stack().expect("an HTTP stack");
        Self {
            whole: &shared.board,
            api: Client::new(http.clone(), shared.board.url(Part::Api)),
            applications: Client::new(http, shared.board.url(Part::Applications)),
            rows: shared.board.client().await.expect("a connection"),
            shared,
        }
    }

    /// Everything that both functions have logged so far.
    pub(super) fn logs(&self) -> String {
        self.shared.api.output() + &self.shared.applications.output()
    }

    /// Somebody new, with a name.
    pub(super) async fn someone(&self) -> Someone {
        let person = self.whole.person(&self.rows, Some("Ada Lovelace")).await.expect("somebody");
        Someone { api: self.api.with_token(&person.token), person }
    }

    /// A number that a statement answers with.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        self.rows.query_one(sql, &[]).await.expect("a row").get(0)
    }

    /// The first column of each row, as text.
    pub(super) async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.rows.query(sql, &[]).await.expect("rows");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Changes rows behind the function's back.
    pub(super) async fn run(&self, sql: &str) {
        self.rows.batch_execute(sql).await.expect("it runs");
    }

    pub(super) fn sign_in_keys(&self) -> SignInKeys {
        SignInKeys::parse(&self.whole.secrets.sign_in_keys).expect("keys")
    }

    /// Asks for a link, and reads its token off the newest row as the worker does.
    pub(super) async fn link(&self, email: &str) -> String {
        let answer = self.api.post("/v1/sign-in", &json!({ "email": email })).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        self.links(email).await.pop().expect("a sign-in")
    }

    /// The tokens of all links to this address, the newest last.
    pub(super) async fn links(&self, email: &str) -> Vec<String> {
        let all = "SELECT id, key_id FROM sign_ins WHERE email = $1 ORDER BY created_at";
        let rows = self.rows.query(all, &[&email]).await.expect("sign-ins");
        let (keys, id) = (self.sign_in_keys(), |row: &Row| SignInId(row.get(0)));
        rows.iter().map(|row| keys.token(id(row), row.get(1)).expect("its key is known")).collect()
    }
}

impl Someone {
    /// Makes a company; its id.
    pub(super) async fn company(&self) -> String {
        let made = self.api.post("/v1/companies", &json!({ "name": "Engines Ltd" })).await.expect(201);
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Makes a job; its id.
    pub(super) async fn draft(&self, company: &str) -> String {
        let made = self.api.post("/v1/jobs", &job(company)).await.expect(201);
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Makes a job and publishes it; its id.
    pub(super) async fn published(&self, company: &str) -> String {
        let id = self.draft(company).await;
        self.api.step(&format!("/v1/jobs/{id}/publish")).await.expect(200);
        id
    }
}

/// The fields of a good job, every one of them.
pub(super) fn job(company: &str) -> Value {
    json!({
        "company_id": company,
        "title": "Carpenter",
        "description": "Build stairs.\nAnd doors.",
        "place": "Bern",
        "remote": "hybrid",
        "kind": "full_time",
        "pay_from": 500_000,
        "pay_to": 700_000,
        "pay_currency": "CHF",
        "pay_per": "month",
        "closes_at": days_from_now(30),
    })
}

pub(super) fn days_from_now(days: i64) -> String {
    let at = OffsetDateTime::UNIX_EPOCH + testbed::now() + time::Duration::days(days);
    at.format(&Rfc3339).expect("a time")
}

/// An address that nobody else has.
pub(super) fn address() -> String {
    format!("{}@people.example", Uuid::new_v4())
}

/// A value with one member changed.
pub(super) fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut value = value.clone();
    value[name] = member;
    value
}
