//! The schema and the rights that this build's functions were built for, read from the very files that `migrate` runs:
//! `migrations/V….sql` and `migrations/grants.sql`. So they cannot say anything else than what `migrate` does.

use platform::postgres::{Right, Schema};

const MIGRATIONS: &[&str] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
const GRANTS: &str = include_str!("../../../migrations/grants.sql");

/// What a function needs, by the name of its crate: `schema::of(env!("CARGO_PKG_NAME"))`.
#[must_use]
pub fn of(function: &str) -> Schema {
    of_role(&format!("board_{}", function.replace('-', "_")))
}

/// All migrations, and what `grants.sql` gives this group role on tables.
fn of_role(role: &str) -> Schema {
    let text = bare(GRANTS);
    let grants = text.iter().filter_map(|statement| Grant::read(statement));
    let rights = grants.filter(|grant| grant.roles.contains(&role)).flat_map(|grant| grant.rights()).collect();
    Schema { migrations: MIGRATIONS.iter().map(|name| (*name).to_owned()).collect(), rights }
}

/// The statements without comments, each on one line.
fn bare(sql: &str) -> Vec<String> {
    let lines: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let text = lines.join(" ");
    text.split(';').map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// `GRANT privileges ON tables TO roles`.
struct Grant<'a> {
    privileges: &'a str,
    tables: Vec<&'a str>,
    roles: Vec<&'a str>,
}

impl<'a> Grant<'a> {
    fn read(statement: &'a str) -> Option<Self> {
        let (privileges, rest) = statement.strip_prefix("GRANT ")?.split_once(" ON ")?;
        let (tables, roles) = rest.split_once(" TO ")?;
        let list = |text: &'a str| text.split(", ").collect();
        // `SCHEMA public` is no table: without it none of its tables is reached, which shows in their rights.
        (!tables.starts_with("SCHEMA ")).then(|| Self { privileges, tables: list(tables), roles: list(roles) })
    }

    fn rights(&self) -> Vec<Right> {
        let privileges = privileges(self.privileges);
        let on = |table: &&str| {
            let right = |(privilege, column): &(&str, Option<&str>)| Right {
                privilege: (*privilege).to_owned(),
                table: (*table).to_owned(),
                column: column.map(str::to_owned),
            };
            privileges.iter().map(right).collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(on).collect()
    }
}

/// `SELECT, INSERT (id, name)` as three: the first on the whole table, the others on a column each.
fn privileges(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['(', ',']).unwrap_or(rest.len());
        let privilege = rest[..end].trim();
        match rest[end..].strip_prefix('(').and_then(|list| list.split_once(')')) {
            Some((columns, after)) => {
                found.extend(columns.split(',').map(|column| (privilege, Some(column.trim()))));
                rest = after;
            }
            None => {
                found.push((privilege, None));
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start_matches([',', ' ']);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_in_order_from_the_first() {
        assert_eq!(MIGRATIONS.first(), Some(&"V0001__create_board"));
        assert!(MIGRATIONS.is_sorted(), "{MIGRATIONS:?}");
    }

    #[test]
    fn privileges_are_told_apart_with_their_columns() {
        let whole = |privilege| (privilege, None);
        let on = |privilege, column| (privilege, Some(column));
        assert_eq!(privileges("SELECT"), [whole("SELECT")]);
        assert_eq!(
            privileges("SELECT, INSERT (id, name), UPDATE ( a ), DELETE"),
            [whole("SELECT"), on("INSERT", "id"), on("INSERT", "name"), on("UPDATE", "a"), whole("DELETE")]
        );
    }

    #[test]
    fn a_grant_to_several_roles_is_each_ones() {
        let text =
            bare("-- Why.\nGRANT\n  SELECT, -- all\n  DELETE\n ON a, b TO x, y; GRANT USAGE ON SCHEMA public TO x;");
        let grants: Vec<Grant> = text.iter().filter_map(|statement| Grant::read(statement)).collect();
        assert_eq!(grants.len(), 1);
        assert_eq!(grants[0].roles, ["x", "y"]);
        let told: Vec<String> = grants[0].rights().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["SELECT on a", "DELETE on a", "SELECT on b", "DELETE on b"]);
    }

    #[test]
    fn each_function_needs_to_read_which_migrations_were_applied() {
        for function in ["api", "applications", "email-worker"] {
            let told: Vec<String> = of(function).rights.iter().map(ToString::to_string).collect();
            assert!(told.contains(&"SELECT on refinery_schema_history.version".to_owned()), "{told:?}");
        }
    }
}
