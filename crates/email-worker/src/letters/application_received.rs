//! To a person: the application arrived.

use contracts::ids::ApplicationId;
use platform::http::edge::one_line;
use platform::postgres::{Pool, Row, Statement};

use super::{Letter, Unwritten, hello};

const FACTS: Statement = Statement::new("select received application", include_str!("application_received.sql"));

struct Facts {
    email: String,
    name: Option<String>,
    title: String,
    company: String,
}

pub(super) async fn write(pool: &Pool, id: ApplicationId) -> Result<Letter, Unwritten> {
    let row = pool.query_opt(&FACTS, &[&id.0]).await.map_err(Unwritten::Store)?.ok_or(Unwritten::Gone)?;
    facts(&row).map(letter).ok_or(Unwritten::Unreadable)
}

fn facts(row: &Row) -> Option<Facts> {
    Some(Facts {
        email: row.try_get("email").ok()?,
        name: row.try_get("name").ok()?,
        title: row.try_get("title").ok()?,
        company: row.try_get("company").ok()?,
    })
}

fn letter(facts: Facts) -> Letter {
    let (title, company) = (one_line(&facts.title), one_line(&facts.company));
    let hello = hello(facts.name.as_deref());
    let text = format!(
        "{hello}

{company} has received your application for \"{title}\".

You need do nothing more for now: you'll hear when something changes.
"
    );
    Letter { to: facts.email, subject: format!("Your application for {title}"), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: Option<&str>, title: &str) -> Facts {
        Facts {
            email: "ada@example.com".to_owned(),
            name: name.map(str::to_owned),
            title: title.to_owned(),
            company: "Engines & Co.".to_owned(),
        }
    }

    #[test]
    fn it_says_which_job_and_where() {
        insta::assert_snapshot!(letter(facts(Some("Ada"), "Engine driver")), @r#"
        To: ada@example.com
        Subject: Your application for Engine driver

        Hello Ada,

        Engines & Co. has received your application for "Engine driver".

        You need do nothing more for now: you'll hear when something changes.
        "#);
    }

    #[test]
    fn a_title_cannot_add_a_header() {
        let letter = letter(facts(None, "Driver\r\nBcc: all@x.example"));
        assert_eq!(letter.subject, "Your application for Driver  Bcc: all@x.example");
        assert!(letter.text.starts_with("Hello,\n"));
    }
}
