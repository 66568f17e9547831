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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_page_has_no_cursor() {
        let paging = Paging { limit: 2, after: None };
        let cursor = |_: &i32| Cursor { at: OffsetDateTime::UNIX_EPOCH, id: Uuid::nil() };
        let (mut full, mut last) = (vec![1, 2, 3], vec![1, 2]);
        assert!(paging.cut(&mut full, cursor).is_some());
        assert_eq!(full, [1, 2]);
        assert_eq!(paging.cut(&mut last, cursor), None);
    }

    #[test]
    fn every_way_to_ask_for_a_part_is_one_text() {
        let text = |query: &str| {
            let mut query = Fields::of_query(query);
            let paging = Paging::read(&mut query);
            query.finish(paging).expect("a part of a list").to_string()
        };
        for first in ["", "limit=20", "&limit=%32%30&", "limit=%2B0020"] {
            assert_eq!(text(first), "limit=20", "{first}");
        }
        let cursor = Cursor { at: OffsetDateTime::UNIX_EPOCH, id: Uuid::nil() }.to_text();
        let later = format!("limit=20&cursor={cursor}");
        assert_eq!([text(&later), text(&format!("cursor={cursor}&limit=20"))], [later.clone(), later]);
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(seconds in 0_i64..250_000_000_000, id: u128) {
            let at = OffsetDateTime::from_unix_timestamp(seconds).expect("a time");
            let cursor = Cursor { at, id: Uuid::from_u128(id) };
            prop_assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }

        #[test]
        fn any_text_is_a_cursor_or_none(text in ".{0,80}") {
            if let Some(cursor) = Cursor::parse(&text) {
                prop_assert!(cursor.at.year() >= 1970);
            }
        }
    }
}
