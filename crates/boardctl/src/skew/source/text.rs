//! What a literal says.

use proc_macro2::Literal;

/// The text of a literal that is one.
pub(super) fn text(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    if let Some(raw) = written.strip_prefix('r') {
        let raw = raw.trim_start_matches('#').trim_end_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    Some(unescaped(written.strip_prefix('"')?.strip_suffix('"')?))
}

fn unescaped(written: &str) -> String {
    let mut text = String::new();
    let mut letters = written.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek().copied().filter(|_| letter == '\\')) {
            // A line that goes on, at its first letter.
            ('\\', Some('\n')) => while letters.next_if(|it| it.is_whitespace()).is_some() {},
            ('\\', Some(escaped)) => {
                letters.next();
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                });
            }
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Option<String> {
        text(&source.parse().expect("a literal"))
    }

    #[test]
    fn a_text_reads_as_the_compiler_has_it() {
        assert_eq!(read(r#""a \"b\" \\ c""#).as_deref(), Some(r#"a "b" \ c"#));
        assert_eq!(read("\"a \\\n    b\n  c\"").as_deref(), Some("a b\n  c"));
        assert_eq!(read("r#\"a \\ \"b\"\"#").as_deref(), Some("a \\ \"b\""));
    }

    #[test]
    fn a_number_is_no_text() {
        assert_eq!(read("7"), None);
    }
}
