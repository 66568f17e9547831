//! Times as Go writes them, which the Machines API takes.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::values::read;

/// A time such as `"15s"` or `"1m30s"`, always in quotes: a bare number is seconds to flyctl at `kill_timeout`,
/// milliseconds in `[checks]`, and nanoseconds in `http_service.checks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub Duration);

/// Every unit that Go knows, in nanoseconds.
const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000), // U+00B5, the micro sign
    ("μs", 1_000), // U+03BC, the Greek letter
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];

const SECOND: u128 = 1_000_000_000;

impl GoDuration {
    /// Understands what Go's `time.ParseDuration` does, but for signs, and for `"0"`, which has no unit.
    #[must_use]
    pub fn parse(mut text: &str) -> Option<Self> {
        let mut sum = 0_u128;
        if text.is_empty() {
            return None;
        }
        while !text.is_empty() {
            let number = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (digits, rest) = text.split_at(number);
            let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
            let (unit, rest) = rest.split_at(end);
            let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
            sum = sum.checked_add(times(digits, unit)?)?;
            text = rest;
        }
        u64::try_from(sum).ok().map(|sum| Self(Duration::from_nanos(sum)))
    }
}

/// A decimal number of units, in nanoseconds; what is less than one is cut off, as in Go.
fn times(digits: &str, unit: u128) -> Option<u128> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && part.is_empty()) || part.contains('.') || part.len() > 9 {
        return None;
    }
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u64>().ok().map(u128::from) };
    let scale = 10_u128.pow(u32::try_from(part.len()).ok()?);
    Some(number(whole)? * unit + number(part)? * unit / scale)
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}µs", decimal(nanos, 1_000)),
            1_000_000..SECOND => write!(f, "{}ms", decimal(nanos, 1_000_000)),
            _ => {
                let (hours, minutes) = (nanos / (3_600 * SECOND), nanos / (60 * SECOND) % 60);
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                write!(f, "{}s", decimal(nanos % (60 * SECOND), SECOND))
            }
        }
    }
}

/// As many digits behind the point as are needed.
fn decimal(nanos: u128, unit: u128) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{}.{:0width$}", nanos / unit, nanos % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from, "a time in quotes with its unit, such as \"15s\"", |value| Self::parse(value.as_str()?))
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as flyctl sent it to a recording server.
    #[test]
    fn times_are_written_as_go_writes_them() {
        for (read, written) in [
            ("5m", "5m0s"),
            ("120s", "2m0s"),
            ("1500ms", "1.5s"),
            ("0.5m", "30s"),
            ("90s", "1m30s"),
            ("0s", "0s"),
            ("15000ns", "15µs"),
            ("1h", "1h0m0s"),
            ("1h2m3.004s", "1h2m3.004s"),
            ("1.25ms", "1.25ms"),
            ("7ns", "7ns"),
            ("10s", "10s"),
            ("100ms", "100ms"),
        ] {
            assert_eq!(GoDuration::parse(read).expect(read).to_string(), written);
        }
    }

    #[test]
    fn what_has_no_unit_or_another_is_none() {
        for wrong in ["", "0", "15", "s", ".s", "1.2.3s", "-1s", "+1s", "1 s", "1d", "1S", "fast", "1s2", "99999999h"] {
            assert_eq!(GoDuration::parse(wrong), None, "{wrong}");
        }
    }
}
