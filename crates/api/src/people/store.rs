use contracts::answers::Person;
use contracts::ids::PersonId;
use platform::http::edge::Caller;
use platform::postgres::{Error, Pool, Row, Statement};

use super::Name;

const READ: Statement = Statement::new("select person", "SELECT id, email, name FROM people WHERE id = $1");

const RENAME: Statement = Statement::new(
    "update person",
    "UPDATE people SET name = coalesce($2, name) WHERE id = $1 RETURNING id, email, name",
);

pub(super) async fn read(pool: &Pool, who: Caller) -> Result<Option<Person>, Error> {
    Ok(pool.query_opt(&READ, &[&who.0]).await?.as_ref().map(person))
}

pub(super) async fn rename(pool: &Pool, who: Caller, name: Option<&Name>) -> Result<Option<Person>, Error> {
    Ok(pool.write(&RENAME, &[&who.0, &name.map(Name::as_str)]).await?.as_ref().map(person))
}

fn person(row: &Row) -> Person {
    Person { id: PersonId(row.get(0)), email: row.get(1), name: row.get(2) }
}
