use contracts::answers::{Company, Page};
use contracts::ids::CompanyId;
use platform::http::edge::{Caller, Cursor, IfMatch, Line, Paging};
use platform::http::idempotency::{KeptAnswer, Keyed, write_once};
use platform::http::problem::Problem;
use platform::postgres::{Error, Pool, Row, Statement, ToSql, Transaction};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use super::{Changes, NewCompany};
use crate::access::gone;

const MAKE: Statement = Statement::new(
    "insert company and its member",
    "WITH made AS (
         INSERT INTO companies (id, name, website, place)
         SELECT $1, $2, $3, $4 FROM people WHERE people.id = $5
         RETURNING id, name, website, place
     ), member AS (
         INSERT INTO company_members (company_id, person_id) SELECT id, $5 FROM made
     )
     SELECT id, name, website, place FROM made",
);

const READ: Statement =
    Statement::new("select company", "SELECT id, name, website, place FROM companies WHERE id = $1");

const MINE: Statement = Statement::new(
    "select companies of a member",
    "SELECT c.id, c.name, c.website, c.place, m.created_at
     FROM company_members m JOIN companies c ON c.id = m.company_id
     WHERE m.person_id = $1
       AND (m.created_at, c.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
     ORDER BY m.created_at DESC, c.id DESC
     LIMIT $4",
);

/// Others refer to the company meanwhile: no key of it is changed.
const LOCK: Statement = Statement::new(
    "select company of a member for update",
    "SELECT c.id, c.name, c.website, c.place FROM companies c
     WHERE c.id = $1 AND EXISTS (SELECT 1 FROM company_members m WHERE m.company_id = c.id AND m.person_id = $2)
     FOR NO KEY UPDATE OF c",
);

const CHANGE: Statement = Statement::new(
    "update company",
    "UPDATE companies c SET name = coalesce($3, name), website = CASE WHEN $4 THEN $5 ELSE website END,
                            place = CASE WHEN $6 THEN $7 ELSE place END
     WHERE c.id = $1 AND EXISTS (SELECT 1 FROM company_members m WHERE m.company_id = c.id AND m.person_id = $2)
     RETURNING id, name, website, place",
);

/// Makes a company and its member, once under a key; refused where the caller does not exist any more.
pub(super) async fn make(
    pool: &Pool,
    keyed: Option<&Keyed>,
    id: CompanyId,
    who: Caller,
    new: &NewCompany,
) -> Result<KeptAnswer, Problem> {
    let website = new.website.as_ref().map(Url::as_str);
    let place = new.place.as_ref().map(Line::as_str);
    write_once(pool, keyed, &MAKE, &[&id.0, &new.name.as_str(), &website, &place, &who.0], Ok(()), |made| {
        let made = company(&made.ok_or_else(gone)?);
        KeptAnswer::created(&made, format!("/v1/companies/{id}"), id.0)
    })
    .await
}

pub(super) async fn read(pool: &Pool, id: CompanyId) -> Result<Option<Company>, Error> {
    Ok(pool.query_opt(&READ, &[&id.0]).await?.as_ref().map(company))
}

pub(super) async fn mine(pool: &Pool, who: Caller, paging: Paging) -> Result<Page<Company>, Error> {
    let (at, id) = (paging.after.map(|after| after.at), paging.after.map(|after| after.id));
    let mut rows = pool.query(&MINE, &[&who.0, &at, &id, &paging.rows()]).await?;
    let next_cursor = paging.cut(&mut rows, |row| {
        let (id, at): (Uuid, OffsetDateTime) = (row.get(0), row.get(4));
        Cursor { at, id }
    });
    Ok(Page { items: rows.iter().map(company).collect(), next_cursor })
}

/// Changes a company, if it is what the caller says; none where the caller is no member of it.
pub(super) async fn change(
    pool: &Pool,
    id: CompanyId,
    who: Caller,
    if_match: &IfMatch,
    changes: Changes,
) -> Result<Option<Company>, Problem> {
    let name = changes.name.as_ref().map(Line::as_str);
    let ((links, website), (moves, place)) = (changes.website.split(), changes.place.split());
    let (website, place) = (website.as_ref().map(Url::as_str), place.as_ref().map(Line::as_str));
    let values: [&(dyn ToSql + Sync); 7] = [&id.0, &who.0, &name, &links, &website, &moves, &place];
    if !if_match.is_said() {
        return Ok(pool.write(&CHANGE, &values).await?.as_ref().map(company));
    }
    pool.transaction(async |transaction: &Transaction| {
        let Some(now) = transaction.query_opt(&LOCK, &[&id.0, &who.0]).await? else { return Ok(None) };
        if_match.check(&company(&now))?;
        Ok(transaction.query_opt(&CHANGE, &values).await?.as_ref().map(company))
    })
    .await
}

fn company(row: &Row) -> Company {
    Company { id: CompanyId(row.get(0)), name: row.get(1), website: row.get(2), place: row.get(3) }
}
