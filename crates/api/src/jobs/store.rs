mod row;

use contracts::answers::Page;
use contracts::ids::{CompanyId, JobId};
use platform::http::edge::{Caller, Cursor, Line, Paging};
use platform::http::idempotency::{Answer, Keyed, write_once};
use platform::http::problem::Problem;
use platform::postgres::{Error, Pool, Statement, ToSql, Transaction};

pub(super) use row::Stored;
use row::{details, name, stored};

use super::Details;
use super::status::{Step, WrongStatus};

/// The columns of [`Stored`], of a job `j` and its company `c`.
macro_rules! columns {
    () => {
        columns!("j.description")
    };
    ($description:literal) => {
        concat!(
            "j.id, j.company_id, c.name, j.title, ",
            $description,
            ", j.place, j.remote, j.kind, j.pay_from, j.pay_to, j.pay_currency, j.pay_per, j.closes_at, j.status, \
             j.published_at"
        )
    };
}

/// The same of a row that was just written.
macro_rules! returned {
    () => {
        "RETURNING id, company_id, title, description, place, remote, kind, pay_from, pay_to, pay_currency, pay_per, \
         closes_at, status, published_at"
    };
}

const LIST: Statement = Statement::new("select newest jobs", concat!(
    "SELECT ", columns!("NULL::text"), " FROM jobs j JOIN companies c ON c.id = j.company_id
     WHERE j.status = 'published' AND (j.closes_at IS NULL OR j.closes_at > now())
       AND (j.published_at, j.id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
     ORDER BY j.published_at DESC, j.id DESC LIMIT $3",
));

const READ: Statement = Statement::new(
    "select job",
    concat!(
        "SELECT ",
        columns!(),
        " FROM jobs j JOIN companies c ON c.id = j.company_id
     WHERE j.id = $1 AND (j.published_at IS NOT NULL OR EXISTS (
         SELECT 1 FROM company_members m WHERE m.company_id = j.company_id AND m.person_id = $2))",
    ),
);

/// Applications refer to the job meanwhile: no key of it is changed.
const LOCK: Statement = Statement::new(
    "select job of a member for update",
    concat!(
        "SELECT ",
        columns!(),
        " FROM jobs j JOIN companies c ON c.id = j.company_id
     JOIN company_members m ON m.company_id = j.company_id AND m.person_id = $2
     WHERE j.id = $1 FOR NO KEY UPDATE OF j",
    ),
);

const MAKE: Statement = Statement::new(
    "insert job",
    concat!(
        "WITH j AS (
         INSERT INTO jobs (id, company_id, title, description, place, remote, kind, pay_from, pay_to, pay_currency,
                           pay_per, closes_at)
         SELECT $1, m.company_id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
         FROM company_members m WHERE m.company_id = $2 AND m.person_id = $3 ",
        returned!(),
        ") SELECT ",
        columns!(),
        " FROM j JOIN companies c ON c.id = j.company_id",
    ),
);

const CHANGE: Statement = Statement::new(
    "update job",
    concat!(
        "WITH j AS (
         UPDATE jobs SET title = $2, description = $3, place = $4, remote = $5, kind = $6, pay_from = $7, pay_to = $8,
                         pay_currency = $9, pay_per = $10, closes_at = $11
         WHERE id = $1 ",
        returned!(),
        ") SELECT ",
        columns!(),
        " FROM j JOIN companies c ON c.id = j.company_id",
    ),
);

const STEP: Statement = Statement::new(
    "update job status",
    concat!(
        "WITH j AS (
         UPDATE jobs SET status = $2,
                         published_at = CASE $2 WHEN 'published' THEN coalesce(published_at, clock_timestamp())
                                                ELSE published_at END
         WHERE id = $1 ",
        returned!(),
        ") SELECT ",
        columns!(),
        " FROM j JOIN companies c ON c.id = j.company_id",
    ),
);

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    #[error(transparent)]
    Status(#[from] WrongStatus),
    #[error("the job store failed")]
    Store(#[from] Error),
}

pub(super) async fn list(pool: &Pool, paging: Paging) -> Result<Page<Stored>, Error> {
    let (at, id) = (paging.after.map(|after| after.at), paging.after.map(|after| after.id));
    let rows = pool.query(&LIST, &[&at, &id, &paging.rows()]).await?;
    let mut jobs = rows.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    let next_cursor = paging.cut(&mut jobs, |job| Cursor {
        at: job.published_at.unwrap_or(time::OffsetDateTime::UNIX_EPOCH),
        id: job.id.0,
    });
    Ok(Page { items: jobs, next_cursor })
}

pub(super) async fn read(pool: &Pool, id: JobId, who: Option<Caller>) -> Result<Option<Stored>, Error> {
    pool.query_opt(&READ, &[&id.0, &who.map(|who| who.0)]).await?.as_ref().map(stored).transpose()
}

/// A draft that is to be made.
pub(super) struct NewJob {
    pub(super) id: JobId,
    pub(super) company: CompanyId,
    pub(super) by: Caller,
    pub(super) details: Details,
}

/// Makes a draft, once under a key; `answer` gets none where the caller is no member of the company.
pub(super) async fn make(
    pool: &Pool,
    keyed: Option<&Keyed>,
    new: &NewJob,
    answer: impl FnOnce(Option<Stored>) -> Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    let values = Values::of(&new.details);
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&new.id.0, &new.company.0, &new.by.0];
    params.extend(values.params());
    write_once(pool, keyed, &MAKE, &params, |row| answer(row.as_ref().map(stored).transpose()?)).await
}

/// Changes a job by what `change` makes of it as it is now; none where the caller is no member of its company.
pub(super) async fn change(
    pool: &Pool,
    id: JobId,
    who: Caller,
    change: impl FnOnce(Details) -> Result<Details, Problem>,
) -> Result<Option<Stored>, Problem> {
    pool.transaction(async |transaction: &Transaction| {
        let Some(row) = transaction.query_opt(&LOCK, &[&id.0, &who.0]).await? else { return Ok(None) };
        let changed = change(details(&row)?)?;
        let values = Values::of(&changed);
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&id.0];
        params.extend(values.params());
        Ok(transaction.query_opt(&CHANGE, &params).await?.as_ref().map(stored).transpose()?)
    })
    .await
}

/// Takes a step; none where the caller is no member of the job's company.
pub(super) async fn step(pool: &Pool, id: JobId, who: Caller, step: Step) -> Result<Option<Stored>, StepError> {
    pool.transaction(async |transaction: &Transaction| {
        let Some(row) = transaction.query_opt(&LOCK, &[&id.0, &who.0]).await? else { return Ok(None) };
        let next = step.after(stored(&row)?.status)?;
        let row = transaction.query_opt(&STEP, &[&id.0, &name(&next)?]).await?;
        Ok(row.as_ref().map(stored).transpose()?)
    })
    .await
}

/// Details as the columns hold them.
struct Values<'a> {
    title: &'a str,
    description: &'a str,
    place: Option<&'a str>,
    remote: Option<String>,
    kind: Option<String>,
    pay: (Option<i64>, Option<i64>, Option<&'a str>, Option<String>),
    closes_at: Option<time::OffsetDateTime>,
}

impl<'a> Values<'a> {
    fn of(details: &'a Details) -> Self {
        let pay = details.pay.as_ref();
        Self {
            title: details.title.as_str(),
            description: details.description.as_str(),
            place: details.place.as_ref().map(Line::as_str),
            remote: name(&details.remote).ok(),
            kind: name(&details.kind).ok(),
            pay: (
                pay.map(|pay| pay.from),
                pay.map(|pay| pay.to),
                pay.map(|pay| pay.currency.as_str()),
                pay.and_then(|pay| name(&pay.per).ok()),
            ),
            closes_at: details.closes_at,
        }
    }

    fn params(&self) -> [&(dyn ToSql + Sync); 10] {
        let (from, to, currency, per) = (&self.pay.0, &self.pay.1, &self.pay.2, &self.pay.3);
        [
            &self.title,
            &self.description,
            &self.place,
            &self.remote,
            &self.kind,
            from,
            to,
            currency,
            per,
            &self.closes_at,
        ]
    }
}
