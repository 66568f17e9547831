use contracts::answers::{Job, JobKind, JobStatus, PayPer, Remote};
use contracts::ids::{CompanyId, JobId};
use platform::postgres::{Error, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use crate::jobs::Pay;

const SHAPE: Error = Error::Shape("a job");

/// A job as it is stored. Its texts keep whatever rule there was when they were written.
pub(crate) struct Stored {
    pub(crate) id: JobId,
    pub(crate) status: JobStatus,
    pub(crate) published_at: Option<OffsetDateTime>,
    company_id: CompanyId,
    company_name: String,
    title: String,
    description: Option<String>,
    place: Option<String>,
    remote: Remote,
    kind: JobKind,
    pay: Option<Pay>,
    closes_at: Option<OffsetDateTime>,
}

impl Stored {
    pub(crate) fn into_answer(self, apply_url: Option<Url>) -> Job {
        let pay = self.pay.as_ref();
        Job {
            id: self.id,
            company_id: self.company_id,
            company_name: self.company_name,
            title: self.title,
            description: self.description,
            place: self.place,
            remote: self.remote,
            kind: self.kind,
            pay_from: pay.map(|pay| pay.from),
            pay_to: pay.map(|pay| pay.to),
            pay_per: pay.map(|pay| pay.per),
            pay_currency: self.pay.map(|pay| pay.currency),
            closes_at: self.closes_at,
            status: self.status,
            published_at: self.published_at,
            apply_url,
        }
    }
}

pub(super) fn stored(row: &Row) -> Result<Stored, Error> {
    Ok(Stored {
        id: JobId(row.get(0)),
        company_id: CompanyId(row.get(1)),
        company_name: row.get(2),
        title: row.get(3),
        description: row.get(4),
        place: row.get(5),
        remote: named(row.get(6))?,
        kind: named(row.get(7))?,
        pay: pay(row)?,
        closes_at: row.get(12),
        status: named(row.get(13))?,
        published_at: row.get(14),
    })
}

/// A row's pay.
pub(super) fn pay(row: &Row) -> Result<Option<Pay>, Error> {
    let (from, to): (Option<i64>, Option<i64>) = (row.get(8), row.get(9));
    let (currency, per): (Option<String>, Option<&str>) = (row.get(10), row.get(11));
    let per: Option<PayPer> = per.map(named).transpose()?;
    Ok(from.zip(to).zip(currency).zip(per).map(|(((from, to), currency), per)| Pay { from, to, currency, per }))
}

/// The name that a column and an answer have for a value.
pub(super) fn name(value: &impl Serialize) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => Ok(name),
        _ => Err(SHAPE),
    }
}

fn named<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    serde_json::from_value(Value::from(name)).map_err(|_| SHAPE)
}
