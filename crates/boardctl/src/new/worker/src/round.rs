//! One round.

use platform::postgres::{Error, Pool, Statement};

const COUNT: Statement = Statement::new("count migrations", "SELECT count(version) FROM refinery_schema_history");

/// How many migrations were applied.
pub(crate) async fn go(pool: &Pool) -> Result<i64, Error> {
    let row = pool.query_opt(&COUNT, &[]).await?.ok_or(Error::Shape("a count"))?;
    Ok(row.get(0))
}
