use contracts::answers::Person;
use contracts::ids::PersonId;
use platform::http::edge::{Caller, IfMatch};
use platform::http::problem::Problem;
use platform::postgres::{Error, Pool, Row, Statement, ToSql, Transaction};

use super::Name;

const READ: Statement = Statement::new("select person", "SELECT id, email, name FROM people WHERE id = $1");

/// Others refer to the person meanwhile: no key of theirs is changed.
const LOCK: Statement =
    Statement::new("select person for update", "SELECT id, email, name FROM people WHERE id = $1 FOR NO KEY UPDATE");

const RENAME: Statement = Statement::new(
    "update person",
    "UPDATE people SET name = coalesce($2, name) WHERE id = $1 RETURNING id, email, name",
);

pub(super) async fn read(pool: &Pool, who: Caller) -> Result<Option<Person>, Error> {
    Ok(pool.query_opt(&READ, &[&who.0]).await?.as_ref().map(person))
}

/// Renames a person, if they are who the caller says.
pub(super) async fn rename(
    pool: &Pool,
    who: Caller,
    if_match: &IfMatch,
    name: Option<&Name>,
) -> Result<Option<Person>, Problem> {
    let values: [&(dyn ToSql + Sync); 2] = [&who.0, &name.map(Name::as_str)];
    if !if_match.is_said() {
        return Ok(pool.write(&RENAME, &values).await?.as_ref().map(person));
    }
    pool.transaction(async |transaction: &Transaction| {
        let Some(now) = transaction.query_opt(&LOCK, &[&who.0]).await? else { return Ok(None) };
        if_match.check(&person(&now))?;
        Ok(transaction.query_opt(&RENAME, &values).await?.as_ref().map(person))
    })
    .await
}

fn person(row: &Row) -> Person {
    Person { id: PersonId(row.get(0)), email: row.get(1), name: row.get(2) }
}
