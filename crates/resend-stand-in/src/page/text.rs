//! Text of strangers, made safe for HTML.

use std::fmt::{Display, Formatter, Result, Write};

/// Text with nothing in it that HTML would read as markup, neither between tags nor in a quoted attribute.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        for character in self.0.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// The same, with its http and https addresses as links.
pub(super) struct Linked<'a>(pub(super) &'a str);

impl Display for Linked<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let mut rest = self.0;
        while let Some((start, end)) = first_link(rest) {
            let link = Escaped(&rest[start..end]);
            write!(out, "{}<a href=\"{link}\" rel=\"noreferrer\">{link}</a>", Escaped(&rest[..start]))?;
            rest = &rest[end..];
        }
        Escaped(rest).fmt(out)
    }
}

/// Where the first link begins and ends.
fn first_link(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("http")?;
        let after = &text[start..];
        let scheme = ["https://", "http://"].into_iter().find(|scheme| after.starts_with(scheme));
        let Some(scheme) = scheme else {
            from = start + "http".len();
            continue;
        };
        let stop = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`".contains(c);
        let end = after.find(stop).unwrap_or(after.len());
        // What ends a sentence or closes a bracket is not part of the link.
        let length = after[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}']).len();
        if length > scheme.len() {
            return Some((start, start + length));
        }
        from = start + scheme.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        let hostile = "<script>alert(\"1\")</script> & 'x'";
        let safe = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";
        assert_eq!(Escaped(hostile).to_string(), safe);
        assert_eq!(Linked(hostile).to_string(), safe);
    }

    #[test]
    fn links_become_clickable_without_the_full_stop() {
        let linked = Linked("See (https://b.test/a?b=1&c=2). Bye").to_string();
        let link = "https://b.test/a?b=1&amp;c=2";
        assert_eq!(linked, format!("See (<a href=\"{link}\" rel=\"noreferrer\">{link}</a>). Bye"));
    }

    #[test]
    fn several_links_are_found_in_order() {
        let linked = Linked("http://a.test\nhttps://b.test, http is a word, https:// is none").to_string();
        assert_eq!(linked.matches("<a ").count(), 2);
        assert!(linked.ends_with(", http is a word, https:// is none"));
    }

    #[test]
    fn a_link_cannot_leave_its_attribute() {
        let linked = Linked("https://a.test/\"onclick=\"alert(1)").to_string();
        assert!(linked.starts_with("<a href=\"https://a.test/\" rel=\"noreferrer\">"), "{linked}");
        assert!(!linked.contains("\"onclick"));
    }

    #[test]
    fn a_script_address_is_no_link() {
        assert!(!Linked("javascript:alert(1)").to_string().contains("<a "));
    }
}
