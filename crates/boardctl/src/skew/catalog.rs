//! What a schema says of itself.

use tokio_postgres::Client;

/// A fact that a function may stand on. What each kind is, `catalog.sql` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) kind: String,
    pub(super) name: String,
    /// The table or view that it is of; empty where there is none.
    pub(super) relation: String,
    /// A type, a definition.
    pub(super) says: String,
    /// The columns that it is about; of a policy whom it is for.
    pub(super) columns: Vec<String>,
    /// Of a column: it is not null.
    pub(super) never_empty: bool,
    /// Of a column: whoever leaves it out has it filled in.
    pub(super) filled_in: bool,
}

/// All facts, as they are now.
pub(super) async fn read(client: &Client, roles: &[String]) -> Result<Vec<Fact>, tokio_postgres::Error> {
    let rows = client.query(include_str!("catalog.sql"), &[&roles]).await?;
    let facts = rows.iter().map(|row| {
        Ok(Fact {
            kind: row.try_get(0)?,
            name: row.try_get(1)?,
            relation: row.try_get(2)?,
            says: row.try_get(3)?,
            columns: row.try_get(4)?,
            never_empty: row.try_get(5)?,
            filled_in: row.try_get(6)?,
        })
    });
    facts.collect()
}
