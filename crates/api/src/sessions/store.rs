use contracts::ids::{PersonId, SignInId};
use platform::clock::Clock;
use platform::postgres::{Error, Pool, Statement};

const BEGIN: Statement = Statement::new("use sign-in and find or make its person", include_str!("begin.sql"));

/// Uses up a sign-in; the person, unless it was used before or is too old.
pub(super) async fn begin(pool: &Pool, sign_in: SignInId, clock: &Clock) -> Result<Option<PersonId>, Error> {
    let row = pool.write(&BEGIN, &[&sign_in.0, &clock.id()]).await?;
    Ok(row.map(|row| PersonId(row.get(0))))
}
