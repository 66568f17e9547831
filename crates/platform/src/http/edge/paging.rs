use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Fields;

const LIMIT: usize = 20;
const MOST: usize = 100;
const TIME_BYTES: usize = 16;

/// Which part of a list is asked for: `limit`, 1 to 100 (20 if absent), and `cursor`, where the last page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// How many.
    pub limit: usize,
    /// After what.
    pub after: Option<Cursor>,
}

/// The place of a row in a list that is sorted by time and id. Opaque to callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The row's time.
    pub at: OffsetDateTime,
    /// The row's id.
    pub id: Uuid,
}

impl Paging {
    /// Takes both parameters out of a query.
    pub fn read(query: &mut Fields) -> Option<Self> {
        let limit = query.optional("limit", |value| {
            let number = value.as_str().and_then(|text| text.parse().ok());
            number.filter(|number| (1..=MOST).contains(number)).ok_or_else(|| format!("wanted 1 to {MOST}"))
        });
        let after = query.optional("cursor", |value: &Value| {
            value.as_str().and_then(Cursor::parse).ok_or_else(|| "wanted a `next_cursor` of an earlier page".to_owned())
        });
        Some(Self { limit: limit?.unwrap_or(LIMIT), after: after? })
    }

    /// What to ask the database for: one row more than wanted tells whether there is more.
    #[must_use]
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// Cuts what the database gave to a page; the cursor of the last row kept, if there is more.
    pub fn cut<T>(&self, rows: &mut Vec<T>, cursor: impl Fn(&T) -> Cursor) -> Option<String> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        rows.last().filter(|_| more).map(|row| cursor(row).to_text())
    }
}

/// The canonical query: every way to ask for this part of a list comes to the same text.
impl fmt::Display for Paging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit={}", self.limit)?;
        self.after.map_or(Ok(()), |after| write!(f, "&cursor={}", after.to_text()))
    }
}

impl Cursor {
    /// As callers get it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = self.at.unix_timestamp_nanos().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// As callers give it back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, id) = bytes.split_at_checked(TIME_BYTES)?;
        let at = i128::from_be_bytes(at.try_into().ok()?);
        // PostgreSQL's calendar begins in 4713 BC, long after the one of `time`: an honest cursor is of our own time.
        let at = OffsetDateTime::from_unix_timestamp_nanos(at).ok().filter(|at| at.year() >= 1970)?;
        Some(Self { at, id: Uuid::from_slice(id).ok()? })
    }
}

#[cfg(test)]
mod tests;
