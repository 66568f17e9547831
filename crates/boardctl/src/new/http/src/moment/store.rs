use platform::postgres::{Error, Pool, Statement};

use super::Moment;

const NOW: Statement = Statement::new("select now", "SELECT clock_timestamp()");

pub(super) async fn now(pool: &Pool) -> Result<Moment, Error> {
    let row = pool.query_opt(&NOW, &[]).await?.ok_or(Error::Shape("a moment"))?;
    Ok(Moment { at: row.get(0) })
}
