//! PostgreSQL: a pool in each worker, leases that never give back a connection in doubt, statements that are spans.

pub mod lease;
pub mod outbox;
pub mod pool;
pub mod queue;
pub mod statement;
pub mod sweep;

mod address;
mod alone;
mod blockers;
mod error;
mod flush;
mod kept;
mod reach;
mod refusal;
mod schema;
mod settings;
mod transaction;

pub use alone::Alone;
pub use blockers::Blocker;
pub use error::Error;
pub use pool::Pool;
pub(crate) use pool::PoolMetrics;
pub use refusal::Refusal;
pub use schema::{Right, Schema};
pub use settings::{PoolSettings, PostgresSettings};
pub use statement::Statement;
pub use sweep::Sweep;
pub use tokio_postgres::Row;
pub use tokio_postgres::types::ToSql;
pub use transaction::Transaction;
