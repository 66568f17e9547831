use std::borrow::Cow;

/// The most characters that a key may have.
const LONGEST: usize = 255;

/// Why a header holds no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoKey {
    #[error("The header Idempotency-Key is given more than once: wanted once.")]
    Twice,
    #[error("The Idempotency-Key is empty: wanted 1 to 255 characters.")]
    Empty,
    #[error("The Idempotency-Key is too long: wanted 1 to 255 characters.")]
    TooLong,
    #[error(
        "The Idempotency-Key holds something else than visible ASCII: wanted a string in double quotes, such as \
             \"8e03978e-40d5-43e8-bc93-6894a57f9324\", with \\\" and \\\\ for a quote and a backslash within it."
    )]
    Malformed,
}

/// Reads the values of the header: a string as RFC 8941 has it, or bare, since many clients send it so.
pub(super) fn parse<'a>(values: &[&'a [u8]]) -> Result<Option<Cow<'a, str>>, NoKey> {
    let value = match values {
        [] => return Ok(None),
        [value] => value.trim_ascii(),
        _ => return Err(NoKey::Twice),
    };
    let key = match value {
        [] => return Err(NoKey::Empty),
        [b'"', quoted @ ..] => Cow::Owned(unquoted(quoted)?),
        bare => bare_token(bare)?,
    };
    match key.len() {
        0 => Err(NoKey::Empty),
        1..=LONGEST => Ok(Some(key)),
        _ => Err(NoKey::TooLong),
    }
}

/// A key as the header holds it.
pub(crate) fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What stands before the closing quote, which must be the end.
fn unquoted(text: &[u8]) -> Result<String, NoKey> {
    let (mut key, mut bytes) = (String::new(), text.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if bytes.len() == 0 => return Ok(key),
            b'\\' => match bytes.next() {
                Some(escaped @ (b'"' | b'\\')) => key.push(char::from(*escaped)),
                _ => return Err(NoKey::Malformed),
            },
            b' '..=b'~' if *byte != b'"' => key.push(char::from(*byte)),
            _ => return Err(NoKey::Malformed),
        }
    }
    Err(NoKey::Malformed)
}

/// A bare one without what has a meaning in header fields: a comma is where a proxy joined two.
fn bare_token(text: &[u8]) -> Result<Cow<'_, str>, NoKey> {
    let plain = text.iter().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(byte));
    plain.then(|| String::from_utf8_lossy(text)).ok_or(NoKey::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(value: &str) -> Result<Option<String>, NoKey> {
        parse(&[value.as_bytes()]).map(|key| key.map(Cow::into_owned))
    }

    fn key(text: &str) -> Result<Option<String>, NoKey> {
        Ok(Some(text.to_owned()))
    }

    #[test]
    fn a_string_and_a_bare_token_are_the_same_key() {
        assert_eq!(one("\"8e03978e-40d5\""), key("8e03978e-40d5"));
        assert_eq!(one("8e03978e-40d5"), key("8e03978e-40d5"));
    }

    #[test]
    fn a_string_may_hold_spaces_and_escapes() {
        assert_eq!(one(r#""a b\"\\,;""#), key(r#"a b"\,;"#));
    }

    #[test]
    fn no_header_is_no_key() {
        assert_eq!(parse(&[]), Ok(None));
    }

    #[test]
    fn a_header_given_twice_is_refused_also_when_both_are_equal() {
        assert_eq!(parse(&[b"a", b"a"]), Err(NoKey::Twice));
    }

    #[test]
    fn an_empty_one_is_refused() {
        for empty in ["", " ", "\"\""] {
            assert_eq!(one(empty), Err(NoKey::Empty), "{empty}");
        }
    }

    #[test]
    fn it_has_255_characters_at_most() {
        let (longest, longer) = ("k".repeat(255), "k".repeat(256));
        assert_eq!(one(&longest), key(&longest));
        assert_eq!(one(&longer), Err(NoKey::TooLong));
        assert_eq!(one(&format!("\"{longest}\"")), key(&longest));
        assert_eq!(one(&format!("\"{longer}\"")), Err(NoKey::TooLong));
    }

    #[test]
    fn whatever_else_is_refused() {
        for wrong in [
            "a b",
            "a,b",
            "a;b",
            "a\"b",
            "\"",
            "\"a",
            "\"a\"b",
            "\"a\";p=1",
            "\"a\", \"b\"",
            "\"\\a\"",
            "\"a\\\"",
            "ä",
            "\"ä\"",
            "\"\t\"",
            "a\u{7f}",
        ] {
            assert_eq!(one(wrong), Err(NoKey::Malformed), "{wrong}");
        }
        assert_eq!(parse(&[b"\xff\xfe"]), Err(NoKey::Malformed));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_and_what_is_read_is_visible(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(Some(key)) = parse(&[&bytes]) {
                prop_assert!((1..=LONGEST).contains(&key.len()));
                prop_assert!(key.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
        }

        #[test]
        fn any_visible_text_comes_back_from_its_string(text in "[ -~]{1,255}") {
            prop_assert_eq!(one(&quoted(&text)), key(&text));
        }
    }
}
