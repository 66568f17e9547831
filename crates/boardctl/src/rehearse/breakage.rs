//! What is broken, and how: from outside, so that the programs are those that ship.

use testbed::board::{Board, Part};
use testbed::postgres::Postgres;

use super::RehearseError;
use super::fault::Fault;
use super::release::Flaw;

/// The login of machines whose reads can be broken while those of all others are good.
const FLAWED: &str = "board_api_rehearsed";

/// Whoever reads a job under that login divides by zero; nothing else of the database changes, and no probe reads a job.
const BREAK_READS: &str = "
    ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
    CREATE POLICY rehearsal ON jobs USING
        (CASE WHEN current_user = 'board_api_rehearsed' THEN 1 / (length(title) - length(title)) = 0 ELSE true END)";

const MEND_READS: &str = "
    DROP POLICY IF EXISTS rehearsal ON jobs;
    ALTER TABLE jobs DISABLE ROW LEVEL SECURITY";

/// Where nothing listens.
const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/board?sslmode=disable";

/// What is wrong with the release that a fault is about.
pub(super) async fn flaw(board: &Board, part: Part, fault: Option<Fault>) -> Result<Flaw, RehearseError> {
    let here = |here| Flaw { here, exits_after: None };
    Ok(match fault {
        // Its database is well, so that it could take mails, and Resend does not know its key.
        Some(Fault::NeverReady) if part == Part::EmailWorker => here(vec![("RESEND_API_KEY", "re_unknown".to_owned())]),
        Some(Fault::NeverReady) => here(vec![("DATABASE_URL", NOWHERE.to_owned())]),
        Some(Fault::Critical | Fault::Soak) => {
            postgres(board)?.create_login(FLAWED, &board.secrets.password, &["board_api"]).await?;
            let url = board.servers.database_url(FLAWED, &board.secrets.password);
            here(vec![("DATABASE_URL", url)])
        }
        _ => Flaw::default(),
    })
}

/// What people read through the flawed login fails from now on.
pub(super) async fn break_reads(board: &Board) -> Result<(), RehearseError> {
    board.client().await?.batch_execute(BREAK_READS).await.map_err(RehearseError::Sql)
}

/// And no more.
pub(super) async fn mend_reads(board: &Board) -> Result<(), RehearseError> {
    board.client().await?.batch_execute(MEND_READS).await.map_err(RehearseError::Sql)
}

/// The function gets no more connections than it has.
pub(super) async fn limit_connections(board: &Board, part: Part) -> Result<(), RehearseError> {
    let login = board.login(part).unwrap_or_default();
    let client = board.client().await?;
    let count = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1";
    let row = client.query_one(count, &[&login]).await.map_err(RehearseError::Sql)?;
    limit(board, &login, row.get(0)).await
}

/// And again as many as it likes.
pub(super) async fn free_connections(board: &Board, part: Part) -> Result<(), RehearseError> {
    limit(board, &board.login(part).unwrap_or_default(), -1).await
}

async fn limit(board: &Board, login: &str, connections: i64) -> Result<(), RehearseError> {
    let statement = format!("ALTER ROLE \"{login}\" CONNECTION LIMIT {connections}");
    board.client().await?.batch_execute(&statement).await.map_err(RehearseError::Sql)
}

fn postgres(board: &Board) -> Result<&Postgres, RehearseError> {
    let ours = board.servers.postgres.own();
    ours.ok_or_else(|| RehearseError::Late("the server is not the rehearsal's own".to_owned()))
}
