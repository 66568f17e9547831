mod visible;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// A text on one line, trimmed, with bounds on its length in characters; nothing that cannot be seen, and nothing that
/// turns the direction of what follows.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Line<const MIN: usize, const MAX: usize>(String);

/// The same with line breaks and tabs.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Prose<const MIN: usize, const MAX: usize>(String);

macro_rules! text {
    ($name:ident, $may:expr) => {
        impl<const MIN: usize, const MAX: usize> $name<MIN, MAX> {
            /// Takes a text that keeps the bounds.
            ///
            /// # Errors
            /// What is wanted, for the person who sent it.
            pub fn parse(text: &str) -> Result<Self, String> {
                bounded(text, MIN, MAX, $may).map(Self)
            }

            /// Takes a JSON value that is such a text.
            ///
            /// # Errors
            /// What is wanted, for the person who sent it.
            pub fn from_json(value: &Value) -> Result<Self, String> {
                Self::parse(
                    value.as_str().ok_or_else(|| format!("is not a text: wanted one of {MIN} to {MAX} characters"))?,
                )
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        // Not the text: people write in it what no log should hold.
        impl<const MIN: usize, const MAX: usize> fmt::Debug for $name<MIN, MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} bytes)", stringify!($name), self.0.len())
            }
        }
    };
}

text!(Line, |_| false);
text!(Prose, |character| matches!(character, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}'));

/// One line of a text that a person wrote under whatever rule, for where others read it: the breaks of a subject would be
/// a header of somebody else's choosing.
#[must_use]
pub fn one_line(text: &str) -> String {
    visible::cleaned(text)
}

fn bounded(text: &str, min: usize, max: usize, may: fn(char) -> bool) -> Result<String, String> {
    let text = text.trim();
    if let Some((before, hidden)) = visible::fault(text, may) {
        let (place, code) = (before + 1, u32::from(hidden));
        return Err(format!(
            "has U+{code:04X} as its character {place}, which cannot be seen or changes how others are: wanted none"
        ));
    }
    let length = text.chars().count();
    if !(min..=max).contains(&length) {
        return Err(format!("has {length} characters: wanted {min} to {max}"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_after_trimming() {
        assert_eq!(Line::<2, 3>::parse("  äöü \n").expect("three characters").as_str(), "äöü");
        assert!(Line::<2, 3>::parse(" a ").is_err());
        assert!(Line::<2, 3>::parse("abcd").is_err());
    }

    #[test]
    fn a_line_has_no_line_breaks_and_prose_may() {
        assert!(Line::<1, 9>::parse("a\nb").is_err());
        assert!(Prose::<1, 9>::parse("a\r\n\tb").is_ok());
    }

    #[test]
    fn what_cannot_be_seen_is_refused_in_both_and_told_by_its_place() {
        for wrong in ["a\0b", "a\u{1b}b", "a\u{202e}b", "a\u{ad}b"] {
            assert!(Line::<1, 9>::parse(wrong).is_err());
            assert!(Prose::<1, 9>::parse(wrong).is_err());
        }
        let told = Prose::<1, 9>::parse("\nää\u{ad}").expect_err("a soft hyphen");
        assert_eq!(told, "has U+00AD as its character 3, which cannot be seen or changes how others are: wanted none");
    }

    #[test]
    fn a_text_of_nothing_to_be_seen_is_no_text() {
        for empty in ["\u{a0}\u{3000}", "\u{3164}", "\u{200b}", "\u{2800}"] {
            assert!(Line::<1, 9>::parse(empty).is_err(), "{}", empty.escape_unicode());
        }
    }

    #[test]
    fn debug_does_not_show_the_text() {
        let text = Prose::<1, 99>::parse("Dear Ada").expect("short");
        assert_eq!(format!("{text:?}"), "Prose(8 bytes)");
    }
}
