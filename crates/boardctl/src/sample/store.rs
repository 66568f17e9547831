//! The board into the database.
//!
//! One statement a table: a thousand rows as arrays take one round trip, and one plan.

use tokio_postgres::{Client, Error, Transaction};

use super::board::Board;
use super::pay::Per;

/// The employer and the candidate.
const PEOPLE: &str = "\
INSERT INTO people (id, email, email_key, name, created_at)
SELECT id, email, email, name, created_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS row (id, email, name, created_at)";

/// All companies.
const COMPANIES: &str = "\
INSERT INTO companies (id, name, website, place, created_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])";

/// One membership.
const MEMBER: &str = "INSERT INTO company_members (company_id, person_id, created_at) VALUES ($1, $2, $3)";

/// All jobs.
const JOBS: &str = "\
INSERT INTO jobs (id, company_id, title, description, place, remote, kind, pay_from, pay_to, pay_currency, pay_per,
                  closes_at, status, created_at, published_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                     $9::bigint[], $10::text[], $11::text[], $12::timestamptz[], $13::text[], $14::timestamptz[],
                     $15::timestamptz[])";

/// Stores all of it, or nothing.
pub(super) async fn save(client: &mut Client, board: &Board) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    people(&transaction, board).await?;
    companies(&transaction, board).await?;
    jobs(&transaction, board).await?;
    transaction.commit().await
}

/// Stores the two people.
async fn people(transaction: &Transaction<'_>, board: &Board) -> Result<(), Error> {
    let people = [&board.employer, &board.candidate];
    let ids = people.map(|person| person.id);
    let emails = people.map(|person| person.email);
    let names = people.map(|person| person.name);
    let created = people.map(|person| person.created_at);
    transaction.execute(PEOPLE, &[&ids.as_slice(), &emails.as_slice(), &names.as_slice(), &created.as_slice()]).await?;
    Ok(())
}

/// Stores the companies, and the employer as a member of the first.
async fn companies(transaction: &Transaction<'_>, board: &Board) -> Result<(), Error> {
    let rows = &board.companies;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let names: Vec<_> = rows.iter().map(|row| row.name).collect();
    let websites: Vec<_> = rows.iter().map(|row| row.website.as_str()).collect();
    let places: Vec<_> = rows.iter().map(|row| row.place.as_str()).collect();
    let created: Vec<_> = rows.iter().map(|row| row.created_at).collect();
    transaction.execute(COMPANIES, &[&ids, &names, &websites, &places, &created]).await?;
    let own = board.own();
    transaction.execute(MEMBER, &[&own.id, &board.employer.id, &own.created_at]).await?;
    Ok(())
}

/// Stores the jobs.
async fn jobs(transaction: &Transaction<'_>, board: &Board) -> Result<(), Error> {
    let rows = &board.jobs;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let companies: Vec<_> = rows.iter().map(|row| row.company).collect();
    let titles: Vec<_> = rows.iter().map(|row| row.title.as_str()).collect();
    let descriptions: Vec<_> = rows.iter().map(|row| row.description.as_str()).collect();
    let places: Vec<_> = rows.iter().map(|row| row.place.as_deref()).collect();
    let remotes: Vec<_> = rows.iter().map(|row| row.remote.as_str()).collect();
    let kinds: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
    let pay_from: Vec<_> = rows.iter().map(|row| row.pay.map(|pay| pay.from)).collect();
    let pay_to: Vec<_> = rows.iter().map(|row| row.pay.map(|pay| pay.to)).collect();
    let currencies: Vec<_> = rows.iter().map(|row| row.pay.map(|pay| pay.currency)).collect();
    let periods: Vec<_> = rows.iter().map(|row| row.pay.map(|pay| Per::as_str(pay.per))).collect();
    let closes: Vec<_> = rows.iter().map(|row| row.closes_at).collect();
    let statuses: Vec<_> = rows.iter().map(|row| row.status.as_str()).collect();
    let created: Vec<_> = rows.iter().map(|row| row.created_at).collect();
    let published: Vec<_> = rows.iter().map(|row| row.published_at).collect();
    transaction
        .execute(
            JOBS,
            &[
                &ids,
                &companies,
                &titles,
                &descriptions,
                &places,
                &remotes,
                &kinds,
                &pay_from,
                &pay_to,
                &currencies,
                &periods,
                &closes,
                &statuses,
                &created,
                &published,
            ],
        )
        .await?;
    Ok(())
}
