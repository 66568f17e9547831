mod row;

use contracts::answers::Page;
use contracts::ids::{CompanyId, JobId};
use platform::http::edge::{Caller, Cursor, Line, Paging, Prose};
use platform::http::idempotency::{KeptAnswer, Keyed, write_once};
use platform::http::problem::Problem;
use platform::postgres::{Error, Pool, Statement, ToSql, Transaction};

pub(super) use row::Stored;
use row::{name, pay, stored};

use super::status::{NoStep, Step};
use super::{Changes, Details, Pay};

/// The columns of [`Stored`], of a job `j` and its company `c`.
macro_rules! columns {
    () => {
        columns!("j.description")
    };
    ($description:literal) => {
        concat!(
            "j.id, j.company_id, c.name, j.title, ",
            $description,
            ", j.place, j.remote, j.kind, j.pay_from, j.pay_to, j.pay_currency, j.pay_per, j.closes_at, \
             CASE WHEN j.status = 'published' AND j.closes_at <= clock_timestamp() THEN 'expired' ELSE j.status END, \
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
        ", coalesce(j.closes_at <= clock_timestamp(), false) AS is_overdue
     FROM jobs j JOIN companies c ON c.id = j.company_id
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
         UPDATE jobs SET title = coalesce($2, title), description = coalesce($3, description),
                         place = CASE WHEN $4 THEN $5 ELSE place END, remote = coalesce($6, remote),
                         kind = coalesce($7, kind), pay_from = $8, pay_to = $9, pay_currency = $10, pay_per = $11,
                         closes_at = CASE WHEN $12 THEN $13 ELSE closes_at END
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
    Refused(#[from] NoStep),
    #[error("the job is not what the caller knows")]
    Changed(Problem),
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

/// Makes a draft, once under a key and then whatever is wrong `by_clock`; `answer` gets none where the caller is no member
/// of the company.
pub(super) async fn make(
    pool: &Pool,
    keyed: Option<&Keyed>,
    new: &NewJob,
    by_clock: Result<(), Problem>,
    answer: impl FnOnce(Option<Stored>) -> Result<KeptAnswer, Problem>,
) -> Result<KeptAnswer, Problem> {
    let Details { title, description, place, remote, kind, pay, closes_at } = &new.details;
    let (title, description, place) = (title.as_str(), description.as_str(), place.as_ref().map(Line::as_str));
    let (remote, kind, pay) = (name(remote)?, name(kind)?, PayColumns::of(pay.as_ref())?);
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&new.id.0, &new.company.0, &new.by.0, &title, &description, &place];
    params.extend([&remote as &(dyn ToSql + Sync), &kind]);
    params.extend(pay.params());
    params.push(closes_at);
    write_once(pool, keyed, &MAKE, &params, by_clock, |row| answer(row.as_ref().map(stored).transpose()?)).await
}

/// Changes a job by what `change` reads, which is told the job and its pay as they are now; none where the caller is no
/// member of its company.
pub(super) async fn change(
    pool: &Pool,
    id: JobId,
    who: Caller,
    change: impl FnOnce(Stored, Option<Pay>) -> Result<Changes, Problem>,
) -> Result<Option<Stored>, Problem> {
    pool.transaction(async |transaction: &Transaction| {
        let Some(row) = transaction.query_opt(&LOCK, &[&id.0, &who.0]).await? else { return Ok(None) };
        let Changes { title, description, place, remote, kind, pay, closes_at } = change(stored(&row)?, pay(&row)?)?;
        let (title, description) = (title.as_ref().map(Line::as_str), description.as_ref().map(Prose::as_str));
        let (moves, place) = place.split();
        let place = place.as_ref().map(Line::as_str);
        let (remote, kind) = (remote.as_ref().map(name).transpose()?, kind.as_ref().map(name).transpose()?);
        let (pay, (reopens, closes_at)) = (PayColumns::of(pay.as_ref())?, closes_at.split());
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&id.0, &title, &description, &moves, &place, &remote, &kind];
        params.extend(pay.params());
        params.extend([&reopens as &(dyn ToSql + Sync), &closes_at]);
        Ok(transaction.query_opt(&CHANGE, &params).await?.as_ref().map(stored).transpose()?)
    })
    .await
}

/// Takes a step, if `check` takes the job as it is now; none where the caller is no member of its company.
pub(super) async fn step(
    pool: &Pool,
    id: JobId,
    who: Caller,
    step: Step,
    check: impl FnOnce(Stored) -> Result<(), Problem>,
) -> Result<Option<Stored>, StepError> {
    pool.transaction(async |transaction: &Transaction| {
        let Some(row) = transaction.query_opt(&LOCK, &[&id.0, &who.0]).await? else { return Ok(None) };
        check(stored(&row)?).map_err(StepError::Changed)?;
        let next = step.after(stored(&row)?.status, row.get("is_overdue"))?;
        let row = transaction.query_opt(&STEP, &[&id.0, &name(&next)?]).await?;
        Ok(row.as_ref().map(stored).transpose()?)
    })
    .await
}

/// A pay as its columns hold it.
struct PayColumns<'a> {
    from: Option<i64>,
    to: Option<i64>,
    currency: Option<&'a str>,
    per: Option<String>,
}

impl<'a> PayColumns<'a> {
    fn of(pay: Option<&'a Pay>) -> Result<Self, Error> {
        Ok(Self {
            from: pay.map(|pay| pay.from),
            to: pay.map(|pay| pay.to),
            currency: pay.map(|pay| pay.currency.as_str()),
            per: pay.map(|pay| name(&pay.per)).transpose()?,
        })
    }

    fn params(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.from, &self.to, &self.currency, &self.per]
    }
}
