//! What a function was built for, so that it can see whether the database is that far.

use std::fmt;

/// Migrations and rights that a function needs. The default needs nothing.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Names of the migrations, in order: `V0001__create_board`. A database may have more.
    pub migrations: Vec<String>,
    /// What the function's login must be allowed.
    pub rights: Vec<Right>,
}

impl Schema {
    /// Those of the migrations that are not among the applied ones, by their names.
    pub(crate) fn missing<'a>(&'a self, applied: &[String]) -> Vec<&'a str> {
        self.migrations.iter().filter(|name| !applied.contains(name)).map(String::as_str).collect()
    }
}

/// One right on a table of the schema `public`, or on one of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// `SELECT`, `INSERT` ….
    pub privilege: String,
    /// The table.
    pub table: String,
    /// The column; none for the whole table.
    pub column: Option<String>,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.privilege, self.table)?;
        self.column.as_ref().map_or(Ok(()), |column| write!(f, ".{column}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_by_name_and_what_is_newer_is_nobodys_matter() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let schema = Schema { migrations: names(&["V0001__a", "V0002__b"]), rights: Vec::new() };
        assert_eq!(schema.missing(&[]), ["V0001__a", "V0002__b"]);
        assert_eq!(schema.missing(&names(&["V0001__a", "V0003__c"])), ["V0002__b"]);
        assert!(schema.missing(&names(&["V0001__a", "V0002__b", "V0003__c"])).is_empty());
    }
}
