use contracts::answers::{Application, ApplicationStatus, Page, ReceivedApplication};
use contracts::ids::{ApplicationId, JobId, PersonId};
use platform::http::edge::{Caller, Cursor, Paging};
use platform::postgres::{Error, Pool, Row, Statement};
use time::OffsetDateTime;
use uuid::Uuid;

const MINE: Statement = Statement::new(
    "select own applications",
    "SELECT a.id, a.created_at, a.status, a.job_id, j.title, c.name
     FROM applications a JOIN jobs j ON j.id = a.job_id JOIN companies c ON c.id = j.company_id
     WHERE a.person_id = $1
       AND (a.created_at, a.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
     ORDER BY a.created_at DESC, a.id DESC LIMIT $4",
);

const IS_MEMBER: Statement = Statement::new(
    "select whether a member",
    "SELECT 1 FROM jobs j JOIN company_members m ON m.company_id = j.company_id
     WHERE j.id = $1 AND m.person_id = $2",
);

const OF_JOB: Statement = Statement::new(
    "select applications of a job",
    "SELECT a.id, a.created_at, a.status, a.person_id, p.name, p.email, a.letter
     FROM applications a JOIN people p ON p.id = a.person_id
     WHERE a.job_id = $1
       AND EXISTS (SELECT 1 FROM jobs j JOIN company_members m ON m.company_id = j.company_id
                   WHERE j.id = $1 AND m.person_id = $5)
       AND (a.created_at, a.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
     ORDER BY a.created_at DESC, a.id DESC LIMIT $4",
);

pub(super) async fn mine(pool: &Pool, who: Caller, paging: Paging) -> Result<Page<Application>, Error> {
    let (at, id) = start(paging);
    let rows = pool.query(&MINE, &[&who.0, &at, &id, &paging.rows()]).await?;
    page(rows, paging, |row| {
        Ok(Application {
            id: ApplicationId(row.get(0)),
            created_at: row.get(1),
            status: status(row)?,
            job_id: JobId(row.get(3)),
            job_title: row.get(4),
            company_name: row.get(5),
        })
    })
}

/// A job's applications; none where the caller is no member of its company.
pub(super) async fn of_job(
    pool: &Pool,
    job: JobId,
    who: Caller,
    paging: Paging,
) -> Result<Option<Page<ReceivedApplication>>, Error> {
    // An empty list and a job of others look alike to the second statement, which is what guards the letters.
    if pool.query_opt(&IS_MEMBER, &[&job.0, &who.0]).await?.is_none() {
        return Ok(None);
    }
    let (at, id) = start(paging);
    let rows = pool.query(&OF_JOB, &[&job.0, &at, &id, &paging.rows(), &who.0]).await?;
    page(rows, paging, received).map(Some)
}

fn received(row: &Row) -> Result<ReceivedApplication, Error> {
    Ok(ReceivedApplication {
        id: ApplicationId(row.get(0)),
        created_at: row.get(1),
        status: status(row)?,
        person_id: PersonId(row.get(3)),
        name: row.get(4),
        email: row.get(5),
        letter: row.get(6),
    })
}

fn start(paging: Paging) -> (Option<OffsetDateTime>, Option<Uuid>) {
    (paging.after.map(|after| after.at), paging.after.map(|after| after.id))
}

/// Cuts rows, whose first columns are id, time and status, to a page.
fn page<T>(mut rows: Vec<Row>, paging: Paging, item: impl Fn(&Row) -> Result<T, Error>) -> Result<Page<T>, Error> {
    let next_cursor = paging.cut(&mut rows, |row| Cursor { id: row.get(0), at: row.get(1) });
    Ok(Page { items: rows.iter().map(item).collect::<Result<_, _>>()?, next_cursor })
}

fn status(row: &Row) -> Result<ApplicationStatus, Error> {
    serde_json::from_value(row.get::<_, &str>(2).into()).map_err(|_| Error::Shape("an application"))
}
