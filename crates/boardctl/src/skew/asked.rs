//! A statement, asked of the server as a role would: whether it is understood, what goes in and out, and whether that role
//! may run it.

use tokio_postgres::{Client, Error};

use super::SkewError;
use super::statement::Statement;

/// A statement that works for a role.
#[derive(Debug)]
pub(super) struct Asked {
    file: String,
    sql: String,
    role: String,
    shape: Shape,
}

/// The types of what goes in and out, which a function was built for.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    takes: Vec<String>,
    answers: Vec<String>,
}

/// For which roles it works as it stands on its own schema; and what the server said for one that it does not work for.
pub(super) async fn at_first(client: &Client, statement: &Statement) -> Result<(Vec<Asked>, String), SkewError> {
    let (mut works, mut refusal) = (Vec::new(), String::new());
    for role in &statement.roles {
        match ask(client, role, &statement.sql).await? {
            Ok(shape) => {
                let (file, sql, role) = (statement.file.clone(), statement.sql.clone(), role.clone());
                works.push(Asked { file, sql, role, shape });
            }
            Err(error) => refusal = told(&error),
        }
    }
    Ok((works, refusal))
}

impl Asked {
    /// What is not as it was, if anything.
    pub(super) async fn again(&self, client: &Client) -> Result<Option<String>, SkewError> {
        let Self { file, sql, role, shape } = self;
        let what = match ask(client, role, sql).await? {
            Err(error) => told(&error),
            Ok(now) if now.takes != shape.takes => changed("takes", &shape.takes, &now.takes),
            // More at the end is never looked at.
            Ok(now) if !now.answers.starts_with(&shape.answers) => changed("answers", &shape.answers, &now.answers),
            Ok(_) => return Ok(None),
        };
        let begin: Vec<&str> = sql.split_whitespace().take(6).collect();
        Ok(Some(format!("{role} runs \"{} …\" of {file}: {what}", begin.join(" "))))
    }
}

fn changed(verb: &str, before: &[String], after: &[String]) -> String {
    format!("it {verb} {} where it was {}", after.join(", "), before.join(", "))
}

/// As this role. PostgreSQL looks at rights when a statement begins to run, and to explain it is to begin.
async fn ask(client: &Client, role: &str, sql: &str) -> Result<Result<Shape, Error>, SkewError> {
    client.batch_execute(&format!("SET ROLE {role}")).await.map_err(SkewError::Server)?;
    let answer = asked(client, sql.trim().trim_end_matches(';')).await;
    client.batch_execute("RESET ROLE; DEALLOCATE ALL").await.map_err(SkewError::Server)?;
    Ok(answer)
}

async fn asked(client: &Client, sql: &str) -> Result<Shape, Error> {
    let prepared = client.prepare(sql).await?;
    let takes: Vec<String> = prepared.params().iter().map(|of| of.name().to_owned()).collect();
    let answers = prepared.columns().iter().map(|column| column.type_().name().to_owned()).collect();
    let nothing = vec!["NULL"; takes.len()].join(", ");
    let given = if takes.is_empty() { String::new() } else { format!("({nothing})") };
    client.batch_execute(&format!("PREPARE asked AS {sql}")).await?;
    client.batch_execute(&format!("EXPLAIN EXECUTE asked{given}")).await?;
    Ok(Shape { takes, answers })
}

/// The server's words.
pub(super) fn told(error: &Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} (SQLSTATE {})", said.message(), said.code().code()),
        None => error.to_string(),
    }
}
