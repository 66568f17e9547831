use std::time::Duration;

use tokio_postgres::Client;

use super::Board;
use super::servers::DATABASE;
use crate::Error;
use crate::postgres::Stepper;

/// Longer than any test.
const SIGNED_IN: Duration = Duration::from_secs(3_600);

/// Somebody whom nobody else meets, signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Its id.
    pub id: String,
    /// Its address, at `people.example`.
    pub email: String,
    /// An access token.
    pub token: String,
}

impl Board {
    /// The database as its owner sees it, on a server of the board's own. The connection lives on the caller's runtime.
    ///
    /// # Errors
    ///
    /// When the server is somebody else's, or lets nobody in.
    pub async fn client(&self) -> Result<Client, Error> {
        let server = self.servers.postgres.own();
        let server = server.ok_or_else(|| Error::Unfit("the server is not the board's own".to_owned()))?;
        server.client(DATABASE).await
    }

    /// The same, to be run step by step.
    ///
    /// # Errors
    ///
    /// When the server is somebody else's, or lets nobody in.
    pub async fn stepper(&self) -> Result<Stepper, Error> {
        let server = self.servers.postgres.own();
        let server = server.ok_or_else(|| Error::Unfit("the server is not the board's own".to_owned()))?;
        Stepper::new(server, DATABASE).await
    }

    /// Makes somebody, with a name or without one.
    ///
    /// # Errors
    ///
    /// When the row cannot be written.
    pub async fn person(&self, client: &Client, name: Option<&str>) -> Result<Person, Error> {
        let insert = "INSERT INTO people (id, email, email_key, name)
                      SELECT id, id || '@people.example', id || '@people.example', $1 FROM gen_random_uuid() AS id
                      RETURNING id::text, email";
        let row = client.query_one(insert, &[&name]).await;
        let row = row.map_err(|source| Error::Postgres { what: "make somebody".to_owned(), source })?;
        let id: String = row.get(0);
        let token = self.secrets.tokens.mint(&id, SIGNED_IN);
        Ok(Person { id, email: row.get(1), token })
    }
}
