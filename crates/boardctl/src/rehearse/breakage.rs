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

/// So many connections are left for the new machines, which want some twenty.
const ROOM: u32 = 1;

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
        // Under a login of their own: with one limit for both colours the new one would take what the old one gives back.
        Some(Fault::ConnectionLimit) => here(vec![("DATABASE_URL", crowded(board, part).await?)]),
        _ => Flaw::default(),
    })
}

/// The database of a login that it has no more room for.
async fn crowded(board: &Board, part: Part) -> Result<String, RehearseError> {
    let usual = board.login(part).unwrap_or_default();
    let (group, crowded) = (usual.trim_end_matches("_login"), format!("{usual}_crowded"));
    postgres(board)?.create_login(&crowded, &board.secrets.password, &[group]).await?;
    let limit = format!("ALTER ROLE \"{crowded}\" CONNECTION LIMIT {ROOM}");
    board.client().await?.batch_execute(&limit).await.map_err(RehearseError::Sql)?;
    Ok(board.servers.database_url(&crowded, &board.secrets.password))
}

/// What people read through the flawed login fails from now on.
pub(super) async fn break_reads(board: &Board) -> Result<(), RehearseError> {
    board.client().await?.batch_execute(BREAK_READS).await.map_err(RehearseError::Sql)
}

/// And no more.
pub(super) async fn mend_reads(board: &Board) -> Result<(), RehearseError> {
    board.client().await?.batch_execute(MEND_READS).await.map_err(RehearseError::Sql)
}

fn postgres(board: &Board) -> Result<&Postgres, RehearseError> {
    let ours = board.servers.postgres.own();
    ours.ok_or_else(|| RehearseError::Late("the server is not the rehearsal's own".to_owned()))
}
