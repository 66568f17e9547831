//! Statements on tables that are queues, which are empty one minute and hold a million rows the next.
//!
//! A statement that a connection prepared is planned once and for all, after its fifth run. Planned while a queue was
//! empty it reads the whole table, and goes on to, however much stands there later: a claim of 100 mails took 21 s of
//! 400,000. So these are planned anew each time, by the sizes that the tables have then, which costs some milliseconds.
//!
//! Sizes are all that is known of a queue: what its rows are like was true a minute ago. So nothing is sorted that an
//! index has in the order wanted: for a few rows, as it takes them to be, the server would sort what another index
//! gives, which knows less of what is wanted, and walk over a million that are not. Sorts that no index spares are
//! priced as if they were as bad, and nothing is compiled for their sake.

use super::lease::Params;
use super::{Error, Pool, Row, Statement};
use crate::sabotage;

/// Until the transaction ends, what follows is planned anew, and by indexes.
pub const PLAN_ANEW: Statement = Statement::new(
    "plan anew",
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_sort', 'off', true),
            set_config('enable_incremental_sort', 'off', true), set_config('jit', 'off', true)",
);
const PLAN_ONCE: Statement = Statement::new("plan as ever", "SELECT set_config('plan_cache_mode', 'auto', true)");

/// What goes before such statements in a flush: all after it are planned anew, until the transaction ends. Each must
/// have a value: the server plans one without any but once.
#[must_use]
pub fn plan_anew() -> &'static Statement {
    if sabotage::takes_out("plan anew") { &PLAN_ONCE } else { &PLAN_ANEW }
}

impl Pool {
    /// Runs one statement by itself that is planned for the rows that are there now; see [`plan_anew`].
    ///
    /// # Errors
    /// See [`Error`]; [`Error::CommitUnknown`] when it was cut.
    pub async fn query_queue(&self, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let mut answers = self.in_one_flush(&[(plan_anew(), &[]), (statement, params)]).await?;
        Ok(answers.pop().unwrap_or_default())
    }
}
