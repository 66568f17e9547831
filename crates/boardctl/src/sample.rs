//! Sample data for a first look at the product: `sample/board.json` has the rows, `sample/fill.sql` stores them.

use platform::clock::Clock;
use serde_json::{Value, json};
use tokio_postgres::{Client, Error};

const ROWS: &str = include_str!("sample/board.json");
const FILL: &str = include_str!("sample/fill.sql");

/// Fills an empty, migrated database in one statement; answers how many jobs there are now.
///
/// # Errors
///
/// Whatever PostgreSQL answers; nothing is kept then. A database that knows one of the people refuses with a unique
/// violation.
pub async fn fill(client: &Client, clock: &Clock) -> Result<u64, Error> {
    client.execute(FILL, &[&rows(clock), &clock.now()]).await
}

/// The rows, each with an id of its own.
fn rows(clock: &Clock) -> Value {
    let mut board: Value = serde_json::from_str(ROWS).expect("the file of sample data is JSON, as its test shows");
    for table in ["people", "companies", "jobs"] {
        for row in board[table].as_array_mut().into_iter().flatten() {
            row["id"] = json!(clock.id());
        }
    }
    board
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn table(name: &str) -> Vec<Value> {
        rows(&Clock::system())[name].as_array().expect("a table").clone()
    }

    fn texts<'a>(rows: &'a [Value], name: &str) -> HashSet<&'a str> {
        rows.iter().filter_map(|row| row[name].as_str()).collect()
    }

    #[test]
    fn every_row_has_an_id_of_its_own() {
        let all = ["people", "companies", "jobs"].map(table).concat();
        assert_eq!(texts(&all, "id").len(), 2 + 50 + 300);
    }

    #[test]
    fn every_job_belongs_to_a_company_and_no_site_leads_to_anybody() {
        let companies = table("companies");
        assert_eq!(texts(&table("jobs"), "company"), texts(&companies, "name"));
        let sites = texts(&companies, "website");
        assert_eq!(sites.len(), companies.len());
        assert!(sites.iter().all(|site| site.starts_with("https://") && site.ends_with(".example")));
    }

    #[test]
    fn the_first_company_has_jobs_of_every_status() {
        let (companies, jobs) = (table("companies"), table("jobs"));
        let own: Vec<_> = jobs.into_iter().filter(|job| job["company"] == companies[0]["name"]).collect();
        assert_eq!(texts(&own, "status"), HashSet::from(["draft", "published", "closed"]));
    }

    #[test]
    fn every_kind_every_distance_and_jobs_without_pay_or_place_occur() {
        let jobs = table("jobs");
        assert_eq!((texts(&jobs, "kind").len(), texts(&jobs, "remote").len()), (5, 3));
        assert!(jobs.iter().any(|job| job["pay_from"].is_null()) && jobs.iter().any(|job| job["place"].is_null()));
    }

    #[test]
    fn no_two_jobs_are_published_at_once_and_no_published_one_is_over() {
        let jobs: Vec<_> = table("jobs").into_iter().filter(|job| job["status"] == "published").collect();
        let times: HashSet<_> = jobs.iter().map(|job| job["published_minutes_ago"].as_u64()).collect();
        assert_eq!(times.len(), jobs.len());
        assert!(jobs.iter().all(|job| job["closes_in_minutes"].as_i64().is_none_or(|minutes| minutes > 0)));
    }
}
