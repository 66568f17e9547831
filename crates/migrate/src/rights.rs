//! The group roles and what they may do.
//!
//! Roles are the server's, and the advisory lock is the database's: two databases of one server that are brought
//! forward at once meet here. So each step may be done by somebody else in between, and is repeated when it was.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::lock::Tries;
use crate::{Error, MigrateSettings, Say};

const GRANTS: &str = include_str!("../../../migrations/grants.sql");

/// What comes before the list of roles in `grants.sql`, and what after it.
const LIST: (&str, &str) = ("set_config('board.roles', '", "'");

/// Every collision leaves one of its two sides done, so as many tries suffice as databases meet; more of them at one
/// server than this are none of ours.
const TRIES: u32 = 20;

/// The wait before the second try; it grows by as much with each.
const PAUSE: Duration = Duration::from_millis(20);

/// A group role for each function that speaks to the database, as `grants.sql` lists them; none may log in. A function's
/// login is a member of its own.
#[must_use]
pub fn group_roles() -> Vec<&'static str> {
    let list = GRANTS.split_once(LIST.0).and_then(|(_, rest)| rest.split_once(LIST.1));
    list.map(|(list, _)| list.split(", ").collect()).unwrap_or_default()
}

/// Makes the group roles that are missing, and sets all rights anew.
pub(crate) async fn settle(client: &mut Client, settings: &MigrateSettings, say: Say<'_>) -> Result<(), Error> {
    let roles = group_roles();
    for &role in &roles {
        if make(client, role).await.map_err(Error::refused("make a group role"))? {
            say(&format!("made the group role {role}"));
        }
    }
    if let Some(role) = overgrown(client, &roles).await.map_err(Error::refused("look at the group roles"))? {
        return Err(Error::Role(role));
    }
    let began = Instant::now();
    let (mut tries, mut waits) = (1, Tries::new(settings, say));
    while let Err(error) = grant(client).await {
        let is_busy = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
        if waits.another("what sets the rights", is_busy).await {
            continue;
        }
        if tries == TRIES || !is_collision(error.code()) {
            return Err(Error::refused("set the rights of grants.sql, which stay as they were")(error));
        }
        tokio::time::sleep(PAUSE * tries).await;
        tries += 1;
    }
    say(&format!("set the rights of {} group roles in {} ms", roles.len(), began.elapsed().as_millis()));
    Ok(())
}

/// Makes a role unless it is there; whether it was made here. A login that may not make roles is fine where they are.
async fn make(client: &Client, role: &str) -> Result<bool, tokio_postgres::Error> {
    let row = client.query_one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", &[&role]).await?;
    if row.try_get(0)? {
        return Ok(false);
    }
    match client.batch_execute(&format!("CREATE ROLE {role} NOLOGIN")).await {
        Ok(()) => Ok(true),
        Err(error) if is_made_meanwhile(error.code()) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A group role that is more than that: what it may do then stands in no file.
async fn overgrown(client: &Client, roles: &[&str]) -> Result<Option<String>, tokio_postgres::Error> {
    let row = client
        .query_opt(
            "SELECT r.rolname::text FROM pg_roles r
             WHERE r.rolname = ANY ($1)
               AND (r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                    OR r.rolbypassrls OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid))
             ORDER BY r.rolname LIMIT 1",
            &[&roles],
        )
        .await?;
    row.map(|row| row.try_get(0)).transpose()
}

async fn grant(client: &mut Client) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(GRANTS).await?;
    transaction.commit().await
}

/// The role was made between the look and the statement, by a run that has committed by now.
fn is_made_meanwhile(code: Option<&SqlState>) -> bool {
    matches!(code, Some(&SqlState::DUPLICATE_OBJECT | &SqlState::UNIQUE_VIOLATION))
}

/// Whether another session changed the same rows of a catalog. The server says "tuple concurrently updated" under the
/// code of internal errors, in the words of its own language; so the code has to do.
fn is_collision(code: Option<&SqlState>) -> bool {
    matches!(
        code,
        Some(
            &SqlState::INTERNAL_ERROR
                | &SqlState::T_R_SERIALIZATION_FAILURE
                | &SqlState::T_R_DEADLOCK_DETECTED
                | &SqlState::UNIQUE_VIOLATION
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_somebody_else_made_meanwhile_is_no_error() {
        assert!(is_made_meanwhile(Some(&SqlState::DUPLICATE_OBJECT)));
        assert!(is_made_meanwhile(Some(&SqlState::UNIQUE_VIOLATION)));
        assert!(!is_made_meanwhile(Some(&SqlState::INSUFFICIENT_PRIVILEGE)));
    }

    #[test]
    fn only_collisions_are_tried_again() {
        assert!(is_collision(Some(&SqlState::INTERNAL_ERROR)));
        assert!(!is_collision(Some(&SqlState::LOCK_NOT_AVAILABLE)) && !is_collision(None));
        assert!(!is_collision(Some(&SqlState::UNDEFINED_COLUMN)));
    }

    #[test]
    fn grants_name_every_group_role_and_no_other() {
        let roles = group_roles();
        for word in GRANTS.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
            assert!(!word.starts_with("board_") || roles.contains(&word), "{word}");
        }
        for role in &roles {
            let granted = format!("ON refinery_schema_history TO {role};");
            assert!(GRANTS.contains(&granted), "{role} does not see which migrations were applied");
        }
        assert!(roles.len() >= 3, "{roles:?}");
    }
}
