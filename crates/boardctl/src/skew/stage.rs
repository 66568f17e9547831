//! A database in which the older schema becomes the newer one, a file at a time, and older code is asked after each.

use testbed::postgres::{Options, Postgres};
use tokio_postgres::Client;

use super::asked::{Asked, at_first};
use super::catalog;
use super::loss::losses;
use super::schema::{GRANTS, Schema};
use super::statement::Statement;
use super::{Refusal, Report, SkewError, header};

/// As refinery makes it; functions read it.
const HISTORY: &str = "CREATE TABLE refinery_schema_history (
    version int4 PRIMARY KEY, name varchar(255), applied_on varchar(255), checksum varchar(255))";

/// The database, and what was asked in it on the older schema.
pub(super) struct Stage {
    client: Client,
    roles: Vec<String>,
    asked: Vec<Asked>,
    unasked: Vec<String>,
    _server: Postgres,
}

impl Stage {
    /// With the older schema, on which every statement of the same commit has to work.
    pub(super) async fn set(older: &Schema, newer: &Schema, statements: Vec<Statement>) -> Result<Self, SkewError> {
        let server = Postgres::start(Options::temporary()).await?;
        server.create_database("skew", None).await?;
        let client = server.client("skew").await?;
        let roles: Vec<String> = older.roles().into_iter().collect();
        let made = older.roles().union(&newer.roles()).map(|role| format!("CREATE ROLE {role} NOLOGIN;")).collect();
        let files = older.migrations.iter().map(|(name, text)| (name.as_str(), text));
        let first = [("the roles", &made), ("the history", &HISTORY.to_owned())];
        let last = [(GRANTS, &older.grants)];
        for (what, sql) in first.into_iter().chain(files).chain(last) {
            let done = client.batch_execute(sql).await;
            done.map_err(|error| SkewError::Older(what.to_owned(), error))?;
        }
        client.batch_execute("SET plan_cache_mode = force_generic_plan").await.map_err(SkewError::Server)?;
        let (mut asked, mut unasked) = (Vec::new(), Vec::new());
        for statement in statements {
            let (works, told) = at_first(&client, &statement).await?;
            if works.is_empty() {
                unasked.push(format!("{}: {told}", statement.file));
            }
            asked.extend(works);
        }
        Ok(Self { client, roles, asked, unasked, _server: server })
    }

    /// Runs every file that is new, and the rights, and asks after each.
    pub(super) async fn play(
        mut self,
        newer: &Schema,
        steps: &[(String, String)],
        reached: &dyn Fn(&str) -> Result<bool, SkewError>,
    ) -> Result<Report, SkewError> {
        let mut report = Report { asked: self.asked.len(), unasked: self.unasked.clone(), ..Report::default() };
        let rights = (GRANTS.to_owned(), newer.grants.clone());
        let mut is_contract = false;
        for (name, text) in steps.iter().chain([&rights]) {
            report.steps.push(name.clone());
            // Rights go with what a contract takes.
            is_contract = match header::contract(text) {
                Some(commit) if reached(commit)? => true,
                Some(commit) => {
                    let what = format!("it is a contract that needs every function at {commit}, and some are older");
                    report.refused.push(Refusal { name: name.clone(), what });
                    true
                }
                None => is_contract && name == GRANTS,
            };
            let refusals = self.step(text, is_contract).await?;
            let is_run = refusals.is_ok();
            let whats = refusals.unwrap_or_else(|refusal| vec![refusal]);
            report.refused.extend(whats.into_iter().map(|what| Refusal { name: name.clone(), what }));
            if !is_run {
                break;
            }
        }
        Ok(report)
    }

    /// Runs one; what it breaks, or why it does not run.
    async fn step(&mut self, text: &str, is_contract: bool) -> Result<Result<Vec<String>, String>, SkewError> {
        let before = catalog::read(&self.client, &self.roles).await.map_err(SkewError::Server)?;
        if let Err(error) = self.client.batch_execute(&format!("BEGIN; {text}\n; COMMIT")).await {
            return Ok(Err(format!("it does not run: {}", super::asked::told(&error))));
        }
        let after = catalog::read(&self.client, &self.roles).await.map_err(SkewError::Server)?;
        let mut whats = Vec::new();
        if !is_contract {
            whats = losses(&before, &after, &header::kept(text));
        }
        let mut still = Vec::new();
        for asked in std::mem::take(&mut self.asked) {
            match asked.again(&self.client).await? {
                None => still.push(asked),
                Some(what) => whats.push(what),
            }
        }
        // What one file broke is not told of the next.
        self.asked = still;
        Ok(Ok(whats))
    }
}
