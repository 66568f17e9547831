//! What the prober asks PostgreSQL, over one connection: not whether it answers, but whether it can serve the function.

use std::time::Duration;

use futures_util::future::join_all;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::postgres::{Alone, PostgresSettings, Schema};
use crate::sabotage;

const ABLE: &str = include_str!("able.sql");
/// As refinery keeps it, by which `migrate` goes.
const HISTORY: &str = "SELECT format('V%s__%s', lpad(version::text, 4, '0'), name) FROM public.refinery_schema_history";

/// So many others are within a transaction: what a pooler lends to the first of them may be another connection.
const OTHERS: usize = 3;
/// How long one of them is waited for, where a pooler has no more to lend.
const LENT: Duration = Duration::from_millis(100);

/// Why the database cannot serve the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unable {
    /// It gave no answer.
    Away(String),
    /// A pooler stands between that takes requests for one another's.
    Mixed(String),
    /// It answered, and it is not what the function needs.
    Unfit(String),
}

impl Unable {
    pub(super) fn why(self) -> String {
        match self {
            Self::Away(why) | Self::Mixed(why) | Self::Unfit(why) => why,
        }
    }
}

/// A connection whose questions are prepared.
pub(super) struct Kept {
    client: Alone,
    able: Statement,
    /// Stands in the statement, so that another connection's of the same name is known by its answer.
    mark: String,
    /// None where there was no history yet that it could ask for.
    history: Option<Statement>,
}

impl Kept {
    /// Connects, and asks for the first time while others are within a transaction: behind a pooler that lends its own
    /// connections by the transaction, one of them has by then what was prepared here.
    pub(super) async fn open(
        settings: &PostgresSettings,
        application: &str,
        schema: &Schema,
    ) -> Result<(Self, Result<(), Unable>), Unable> {
        let client = settings.connect(application).await.map_err(|error| refused(&error))?;
        let mark = format!("{:016x}", rand::random::<u64>());
        let able = client.prepare(&format!("{ABLE}, '{mark}' AS mark")).await.map_err(|error| Unable::of(&error))?;
        let mut kept = Self { client, able, mark, history: None };
        // All at once, so that a server that is far away is asked within the prober's time. One that cannot be had shows
        // nothing; whether requests get theirs is not asked here.
        let others = (0..OTHERS).map(async |_| {
            let other = settings.connect(application).await.ok()?;
            drop(tokio::time::timeout(LENT, other.batch_execute("BEGIN")).await);
            Some(other)
        });
        let _others = join_all(others).await;
        let answer = kept.ask(schema).await;
        Ok((kept, answer))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Asks all in one round trip.
    pub(super) async fn ask(&mut self, schema: &Schema) -> Result<(), Unable> {
        let (names, values): (Vec<_>, Vec<_>) = PostgresSettings::bounds().into_iter().unzip();
        let rights = schema.rights.iter();
        let (privileges, tables): (Vec<_>, Vec<_>) =
            rights.map(|it| (it.privilege.as_str(), it.table.as_str())).unzip();
        let columns: Vec<_> = schema.rights.iter().map(|it| it.column.as_deref()).collect();
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [&names, &values, &privileges, &tables, &columns];
        let able = self.client.query_one(&self.able, &params);
        let (able, applied) = tokio::join!(able, applied(&self.client, &mut self.history, schema));
        let able = able.map_err(|error| Unable::of(&error))?;
        let own = able.try_get("mark").is_ok_and(|mark: &str| mark == self.mark);
        if !own && !sabotage::takes_out("pooler readiness") {
            return Err(Unable::Mixed(format!("another connection's statement was run: {POOLER}")));
        }
        judge(&able, schema, applied.map_err(|error| Unable::of(&error))?).map_err(Unable::Unfit)
    }
}

/// The migrations that were applied; none where there is no history.
async fn applied(client: &Client, prepared: &mut Option<Statement>, schema: &Schema) -> Result<Vec<String>, Error> {
    if schema.migrations.is_empty() {
        return Ok(Vec::new());
    }
    let history = match prepared {
        Some(history) => history,
        None => match client.prepare(HISTORY).await {
            Ok(history) => prepared.insert(history),
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        },
    };
    client.query(history, &[]).await.map(|rows| rows.iter().map(|row| row.get(0)).collect())
}

/// What comes first mends what comes after: `migrate` gives rights, too.
fn judge(able: &Row, schema: &Schema, applied: Vec<String>) -> Result<(), String> {
    let (unbounded, lacking): (Vec<String>, Vec<String>) = (able.get("unbounded"), able.get("lacking"));
    if able.get("read_only") && !sabotage::takes_out("read-only readiness") {
        return Err("it is read-only".to_owned());
    }
    let missing = schema.missing(&applied);
    if let Some(first) = missing.first().filter(|_| !sabotage::takes_out("schema readiness")) {
        return Err(format!("the migration {first} was not applied{}", and(missing.len())));
    }
    if let Some(first) = lacking.first().filter(|_| !sabotage::takes_out("rights readiness")) {
        return Err(format!("the login lacks the right to {first}{}", and(lacking.len())));
    }
    match unbounded.first() {
        Some(first) => Err(format!("{first} is not what was asked for{}: {POOLER}", and(unbounded.len()))),
        None => Ok(()),
    }
}

fn and(all: usize) -> String {
    if all > 1 { format!(", and {} more", all - 1) } else { String::new() }
}

/// What to do about it stands in `prr/decisions/0013-ready-means-able.md`.
const POOLER: &str = "a pooler stands between that does not keep what belongs to a session";

/// What a pooler answers that lends its connections by the transaction, to statements that were prepared on another one,
/// and to a startup that asks for what it does not pass on.
const OF_POOLERS: [SqlState; 3] =
    [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT, SqlState::PROTOCOL_VIOLATION];

/// The texts of the server name users and databases: its code has to say enough.
impl Unable {
    fn of(error: &Error) -> Self {
        match error.code() {
            Some(code) if OF_POOLERS.contains(code) && !sabotage::takes_out("pooler readiness") => {
                Self::Mixed(format!("SQLSTATE {}: {POOLER}", code.code()))
            }
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                Self::Unfit("the login may not even ask what it may do (SQLSTATE 42501): run migrate".to_owned())
            }
            Some(code) => Self::Away(format!("SQLSTATE {}", code.code())),
            None => Self::Away("the connection was lost".to_owned()),
        }
    }
}

fn refused(error: &crate::postgres::Error) -> Unable {
    let text = error.to_string();
    let of_pooler = OF_POOLERS.iter().any(|code| text.ends_with(code.code()));
    Unable::Away(if of_pooler { format!("{text}: as a pooler refuses a login, or the bounds it brings") } else { text })
}
