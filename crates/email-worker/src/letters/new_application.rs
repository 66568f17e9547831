//! To a member of a company: somebody applied.

use contracts::ids::{ApplicationId, PersonId};
use platform::http::edge::one_line;
use platform::postgres::{Pool, Row, Statement};

use super::{Letter, Unwritten, hello, name};

const FACTS: Statement = Statement::new("select new application", include_str!("new_application.sql"));

struct Facts {
    email: String,
    name: Option<String>,
    applicant: Option<String>,
    title: String,
    company: String,
}

pub(super) async fn write(pool: &Pool, id: ApplicationId, reader: PersonId) -> Result<Letter, Unwritten> {
    let row = pool.query_opt(&FACTS, &[&id.0, &reader.0]).await.map_err(Unwritten::Store)?.ok_or(Unwritten::Gone)?;
    facts(&row).map(letter).ok_or(Unwritten::Unreadable)
}

fn facts(row: &Row) -> Option<Facts> {
    Some(Facts {
        email: row.try_get("email").ok()?,
        name: row.try_get("name").ok()?,
        applicant: row.try_get("applicant").ok()?,
        title: row.try_get("title").ok()?,
        company: row.try_get("company").ok()?,
    })
}

fn letter(facts: Facts) -> Letter {
    let (title, company) = (one_line(&facts.title), one_line(&facts.company));
    let hello = hello(facts.name.as_deref());
    let applicant = name(facts.applicant.as_deref()).unwrap_or_else(|| "Somebody".to_owned());
    let text = format!(
        "{hello}

{applicant} applied to {company} for \"{title}\".

Sign in to read the letter and to answer. As a member of {company} you get this
mail for each application.
"
    );
    Letter { to: facts.email, subject: format!("New application for {title}"), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(applicant: Option<&str>) -> Facts {
        Facts {
            email: "bob@engines.example".to_owned(),
            name: Some("Bob".to_owned()),
            applicant: applicant.map(str::to_owned),
            title: "Engine driver".to_owned(),
            company: "Engines".to_owned(),
        }
    }

    #[test]
    fn it_says_who_applied_for_what() {
        insta::assert_snapshot!(letter(facts(Some("Ada"))), @r#"
        To: bob@engines.example
        Subject: New application for Engine driver

        Hello Bob,

        Ada applied to Engines for "Engine driver".

        Sign in to read the letter and to answer. As a member of Engines you get this
        mail for each application.
        "#);
    }

    #[test]
    fn what_was_stored_under_an_older_rule_is_mailed_clean() {
        let letter = letter(Facts { title: "\u{202e}reviг\u{ad}d".to_owned(), ..facts(Some("\u{3164}\u{200b}")) });
        assert_eq!(letter.subject, "New application for reviгd");
        assert!(letter.text.contains("\nSomebody applied to Engines for \"reviгd\"."), "{}", letter.text);
    }

    #[test]
    fn a_name_cannot_add_a_line() {
        let letter = letter(facts(Some("Ada\nP.S.")));
        assert!(letter.text.contains("\nAda P.S. applied to"), "{}", letter.text);
    }
}
