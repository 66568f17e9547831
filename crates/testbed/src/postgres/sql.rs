//! What testbed itself says to the server, as its superuser.

use tokio_postgres::{Client, NoTls};

use super::Postgres;
use crate::Error;

impl Postgres {
    /// A superuser's connection. Its driver runs on the caller's runtime and ends with the client.
    ///
    /// # Errors
    ///
    /// [`Error::Postgres`] when there is no connection to be had.
    pub async fn client(&self, database: &str) -> Result<Client, Error> {
        let what = || format!("let the superuser into {database}");
        let (client, driver) = tokio_postgres::connect(&self.superuser_url(database), NoTls)
            .await
            .map_err(|source| Error::Postgres { what: what(), source })?;
        // Its error is also told to whoever uses the client.
        tokio::spawn(driver);
        Ok(client)
    }

    /// Makes a database, empty or as a copy of `template`, which nobody may be connected to meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Postgres`], for example when there is one of that name.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<(), Error> {
        let template = identifier(template.unwrap_or("template1"));
        let statement = format!("CREATE DATABASE {} TEMPLATE {template}", identifier(name));
        self.execute(&format!("create the database {name}"), &statement).await
    }

    /// Makes a login that is a member of these group roles, which exist already. When there is one of that name, it
    /// gets this password and these groups.
    ///
    /// # Errors
    ///
    /// [`Error::Postgres`], for example when a group role is missing.
    pub async fn create_login(&self, name: &str, password: &str, group_roles: &[&str]) -> Result<(), Error> {
        let login = identifier(name);
        let (name_text, password) = (literal(name), literal(password));
        let mut statement = format!(
            "DO $do$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name_text}) THEN CREATE ROLE {login}; END IF;
            END $do$;
            ALTER ROLE {login} LOGIN PASSWORD {password};"
        );
        for group in group_roles {
            statement.push_str(&format!("GRANT {} TO {login};", identifier(group)));
        }
        self.execute(&format!("create the login {name}"), &statement).await
    }

    /// Locks a login out: it may open no connection, and those that it has are closed.
    ///
    /// # Errors
    ///
    /// [`Error::Postgres`] when there is no such login.
    pub async fn lock_out(&self, login: &str) -> Result<(), Error> {
        let (role, name) = (identifier(login), literal(login));
        let ends = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {name}");
        self.execute(&format!("lock out {login}"), &format!("ALTER ROLE {role} NOLOGIN; {ends}")).await
    }

    /// Lets a login in again after [`Postgres::lock_out`].
    ///
    /// # Errors
    ///
    /// [`Error::Postgres`] when there is no such login.
    pub async fn let_in(&self, login: &str) -> Result<(), Error> {
        self.execute(&format!("let in {login}"), &format!("ALTER ROLE {} LOGIN", identifier(login))).await
    }

    async fn execute(&self, what: &str, statement: &str) -> Result<(), Error> {
        let client = self.client("postgres").await?;
        let done = client.batch_execute(statement).await;
        done.map_err(|source| Error::Postgres { what: what.to_owned(), source })
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_within_names_and_texts_are_doubled() {
        assert_eq!(identifier(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's"), "'it''s'");
    }
}
