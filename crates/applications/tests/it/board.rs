//! One board for all tests of this binary. Each test brings people, companies and jobs of its own.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use testbed::board::{Board as Whole, Part, Person};
use testbed::http::{Answer, Client};
use testbed::port::free_port;
use testbed::process::Process;
use testbed::wait;
use tokio::sync::OnceCell;

/// What a start may take on a machine that builds and tests at the same time.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// An id that nothing has.
pub(super) const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

/// The processes end with this one: a guard sees to it.
static SHARED: OnceCell<Running> = OnceCell::const_new();

/// A board whose `applications` runs.
pub(super) struct Running {
    pub(super) whole: Whole,
    pub(super) applications: Process,
}

/// The board as one test sees it: connections live on the test's own runtime.
pub(super) struct Board<'a> {
    pub(super) running: &'a Running,
    pub(super) nobody: Client,
    pub(super) rows: tokio_postgres::Client,
}

/// Somebody who is signed in.
pub(super) struct Someone {
    pub(super) person: Person,
    pub(super) applications: Client,
}

/// A company with one member, and a published job.
pub(super) struct Employer {
    pub(super) member: Someone,
    pub(super) company: String,
    pub(super) job: String,
}

impl Running {
    /// Starts the function on a board.
    pub(super) async fn on(whole: Whole) -> Self {
        let applications = whole.command(Part::Applications).expect("a binary").start().expect("it starts");
        let ready = format!("{}/readyz", whole.url(Part::Applications));
        applications.wait_until_ok(&ready, PATIENCE).await.expect("it is ready");
        Self { whole, applications }
    }

    /// Looks at it from a test.
    pub(super) async fn seen(&self) -> Board<'_> {
        let http = platform::http::client::stack().expect("an HTTP stack");
        let rows = self.whole.client().await.expect("a connection");
        Board { running: self, nobody: Client::new(http, self.whole.url(Part::Applications)), rows }
    }
}

impl Board<'static> {
    pub(super) async fn new() -> Self {
        let shared = async || Running::on(Whole::temporary().await.expect("a board")).await;
        SHARED.get_or_init(shared).await.seen().await
    }
}

impl Board<'_> {
    /// Somebody new, with a name.
    pub(super) async fn someone(&self) -> Someone {
        self.called(Some("Ada Lovelace")).await
    }

    /// Somebody new, with this name or none.
    pub(super) async fn called(&self, name: Option<&str>) -> Someone {
        let person = self.running.whole.person(&self.rows, name).await.expect("somebody");
        Someone { applications: self.nobody.with_token(&person.token), person }
    }

    /// A company of somebody new, with a job.
    pub(super) async fn employer(&self) -> Employer {
        let member = self.called(Some("Charles Babbage")).await;
        let company = self
            .text("INSERT INTO companies (id, name) VALUES (gen_random_uuid(), 'Engines Ltd') RETURNING id::text")
            .await;
        self.run(&format!("INSERT INTO company_members VALUES ('{company}', '{}')", member.person.id)).await;
        let job = self.job(&company, "'published'").await;
        Employer { member, company, job }
    }

    /// A job of a company with this status, which is an SQL expression; its id.
    pub(super) async fn job(&self, company: &str, status: &str) -> String {
        self.text(&format!(
            "INSERT INTO jobs (id, company_id, title, description, remote, kind, status, published_at)
             VALUES (gen_random_uuid(), '{company}', 'Carpenter', 'Build stairs.', 'no', 'full_time', {status}, now())
             RETURNING id::text"
        ))
        .await
    }

    /// A number that a statement answers with.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        self.rows.query_one(sql, &[]).await.expect("a row").get(0)
    }

    /// A text that a statement answers with.
    pub(super) async fn text(&self, sql: &str) -> String {
        self.rows.query_one(sql, &[]).await.expect("a row").get(0)
    }

    /// Changes rows behind the function's back.
    pub(super) async fn run(&self, sql: &str) {
        self.rows.batch_execute(sql).await.expect("it runs");
    }

    /// Waits until an application waits for this connection; its backend.
    pub(super) async fn kept_waiting_by(&self, holder: &tokio_postgres::Client) -> i32 {
        let pid: i32 = holder.query_one("SELECT pg_backend_pid()", &[]).await.expect("it is free").get(0);
        let waiting = "SELECT pid FROM pg_stat_activity WHERE application_name = 'applications/pool'
                       AND query LIKE 'WITH moment AS%' AND $1 = ANY (pg_blocking_pids(pid))";
        let look = async || Some(self.rows.query_opt(waiting, &[&pid]).await.ok()??.get(0));
        wait::until_some(PATIENCE, "an application that waits", look).await.expect("it is under way")
    }

    /// Waits until so many applications wait for this connection, or for one that does.
    pub(super) async fn behind(&self, holder: &tokio_postgres::Client, count: i64) {
        let pid: i32 = holder.query_one("SELECT pg_backend_pid()", &[]).await.expect("it is free").get(0);
        let waiting = "WITH RECURSIVE behind AS (
                           SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))
                           UNION
                           SELECT a.pid FROM pg_stat_activity a JOIN behind b ON b.pid = ANY (pg_blocking_pids(a.pid))
                       )
                       SELECT count(*) FROM behind";
        let look = async || self.rows.query_one(waiting, &[&pid]).await.is_ok_and(|row| row.get::<_, i64>(0) == count);
        wait::until(PATIENCE, "applications that wait", look).await.expect("they are under way");
    }

    /// How much a person's applying has written: applications, history, mails.
    pub(super) async fn written(&self, who: &Someone) -> [i64; 3] {
        let id = &who.person.id;
        let mine = format!("SELECT id FROM applications WHERE person_id = '{id}'");
        [
            self.number(&format!("SELECT count(*) FROM ({mine}) AS mine")).await,
            self.number(&format!("SELECT count(*) FROM application_events WHERE person_id = '{id}'")).await,
            self.number(&format!("SELECT count(*) FROM outbox WHERE (payload->>'application_id')::uuid IN ({mine})"))
                .await,
        ]
    }
}

impl Board<'_> {
    /// So many jobs, each of a company of its own.
    pub(super) async fn jobs(&self, count: usize) -> Vec<String> {
        let mut jobs = Vec::new();
        for _ in 0..count {
            jobs.push(self.employer().await.job);
        }
        jobs
    }
}

impl Running {
    /// One more process of the function on the same board.
    pub(super) async fn another(&self) -> (Process, String) {
        let (http, metrics) = (free_port(), free_port());
        let command = self.whole.command(Part::Applications).expect("a binary");
        let command = command.env("LISTEN", format!("127.0.0.1:{http}"));
        let process = command.env("METRICS_LISTEN", format!("127.0.0.1:{metrics}")).start().expect("it starts");
        let url = format!("http://127.0.0.1:{http}");
        process.wait_until_ok(&format!("{url}/readyz"), PATIENCE).await.expect("it is ready");
        (process, url)
    }

    /// A number of the function's metrics; nothing counted is 0.
    pub(super) async fn metric(&self, line: &str) -> f64 {
        let url = format!("http://127.0.0.1:{}", self.whole.ports(Part::Applications).metrics);
        let page = Client::new(platform::http::client::stack().expect("an HTTP stack"), url).get("/metrics").await;
        let found = page.text.lines().find_map(|its| its.strip_prefix(line)?.strip_prefix(' ')).map(str::to_owned);
        found.map_or(0.0, |number| number.parse().expect("a number"))
    }
}

impl Someone {
    /// The same, asking another process.
    pub(super) fn at(&self, url: &str) -> Client {
        Client::new(platform::http::client::stack().expect("an HTTP stack"), url).with_token(&self.person.token)
    }

    /// Applies for a job under a key.
    pub(super) async fn apply_under(&self, key: &str, job: &str, letter: &str) -> Answer {
        let request = self.applications.request(Method::POST, &format!("/v1/jobs/{job}/applications"));
        Answer::to(request.header("Idempotency-Key", key).json(&json!({ "letter": letter }))).await
    }
    /// Applies for a job with a letter.
    pub(super) async fn apply(&self, job: &str, letter: &str) -> Answer {
        self.applications.post(&format!("/v1/jobs/{job}/applications"), &json!({ "letter": letter })).await
    }
}
