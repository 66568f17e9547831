//! Times as people read them.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");

/// Nanoseconds as milliseconds, with about three digits that count.
pub(super) fn ms(nanoseconds: u64) -> String {
    let ms = std::time::Duration::from_nanos(nanoseconds).as_secs_f64() * 1_000.0;
    match ms {
        ..10.0 => format!("{ms:.2}"),
        ..100.0 => format!("{ms:.1}"),
        _ => format!("{ms:.0}"),
    }
}

/// Nanoseconds since 1970 as a time of day, UTC, by the millisecond.
pub(super) fn moment(nanoseconds: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds));
    // 64 bits of nanoseconds end in the year 2554, which `time` can write.
    time.ok().and_then(|time| time.format(FORMAT).ok()).unwrap_or_default()
}

/// "1 span", "2 spans".
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_the_digits_that_count() {
        let said = [40_000, 9_990_000, 12_340_000, 123_400_000, 0].map(ms);
        assert_eq!(said, ["0.04", "9.99", "12.3", "123", "0.00"]);
    }

    #[test]
    fn every_moment_can_be_written() {
        assert_eq!(moment(1_790_000_000_123_456_789), "2026-09-21 14:13:20.123");
        assert_eq!(moment(0), "1970-01-01 00:00:00.000");
        assert_eq!(&moment(u64::MAX)[..4], "2554");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!([count(0, "span"), count(1, "span"), count(2, "span")], ["0 spans", "1 span", "2 spans"]);
    }
}
