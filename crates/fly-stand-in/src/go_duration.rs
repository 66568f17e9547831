//! Durations as Go writes them.

use std::time::Duration;

use serde_json::Value;

/// The units, longest name first, so that `ms` is not read as minutes.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("\u{b5}s", 1e-6),
    ("\u{3bc}s", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
];

/// A duration in a body: a text such as `1m30s`, or a number, which is nanoseconds.
pub(crate) fn read(value: &Value) -> Option<Duration> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => number.as_u64().map(Duration::from_nanos),
        _ => None,
    }
}

fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let (unit, factor) = UNITS.iter().find(|(unit, _)| rest[digits..].starts_with(unit))?;
        seconds += number * factor;
        rest = &rest[digits + unit.len()..];
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_read_as_go_writes_them_and_numbers_are_nanoseconds() {
        let read = |value| read(&value).map(|duration| duration.as_micros());
        assert_eq!(read(json!("1m30s")), Some(90_000_000));
        assert_eq!(read(json!("1.5s")), Some(1_500_000));
        assert_eq!((read(json!("200ms")), read(json!("15\u{b5}s"))), (Some(200_000), Some(15)));
        assert_eq!((read(json!(15_000)), read(json!("0"))), (Some(15), Some(0)));
        for wrong in [json!(""), json!("15"), json!("s"), json!("1x"), json!("-1s"), json!(null), json!(-1)] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }
}
