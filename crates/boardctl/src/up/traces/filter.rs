//! Which traces are listed: those of which one span is all that was asked for. The same words serve the page and programs.

use testbed::otlp::Span;
use url::form_urlencoded;

/// What a span is to be; nothing asked for is every span.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter {
    /// It failed.
    pub(super) errors: bool,
    /// It took longer than so many milliseconds.
    pub(super) slower_ms: Option<f64>,
    /// It is of this function, by its whole name.
    pub(super) function: Option<String>,
    /// Its name has this in it, in any case.
    pub(super) operation: Option<String>,
}

/// A parameter that cannot be heeded, by its name, and what would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) parameter: String,
    pub(super) wanted: &'static str,
}

/// Longer is no name of a span.
const LONGEST: usize = 200;
/// A day; whoever types more has mistaken the unit.
const SLOWEST_MS: f64 = 86_400_000.0;

impl Filter {
    /// Reads a query; `other` is a parameter of the page's own.
    ///
    /// # Errors
    /// Every parameter that is wrong: unknown, given twice, or with a value that it cannot have. An empty one is none, as
    /// a field that was left empty.
    pub(super) fn read(query: &str, other: Option<&str>) -> Result<Self, Vec<Wrong>> {
        let (mut filter, mut seen, mut wrong) = (Self::default(), Vec::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if Some(&*name) == other {
                continue;
            }
            let read = if seen.contains(&name) { Err("it once") } else { filter.take(&name, value.trim()) };
            if let Err(wanted) = read {
                wrong.push(Wrong { parameter: name.clone().into_owned(), wanted });
            }
            seen.push(name);
        }
        if wrong.is_empty() { Ok(filter) } else { Err(wrong) }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        match name {
            "errors" => {
                self.errors = match value {
                    "1" => true,
                    "0" | "" => false,
                    _ => return Err("1 or 0"),
                };
            }
            "slower_ms" if value.is_empty() => {}
            "slower_ms" => {
                let ms = value.parse().ok().filter(|ms| (0.0..=SLOWEST_MS).contains(ms));
                self.slower_ms = Some(ms.ok_or("milliseconds from 0 to 86400000, decimals allowed")?);
            }
            "function" => self.function = text(value)?,
            "operation" => self.operation = text(value)?,
            _ => return Err("errors, slower_ms, function or operation"),
        }
        Ok(())
    }

    /// Whether anything was asked for.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// Whether a span is all of it.
    pub(super) fn takes(&self, span: &Span) -> bool {
        let has = |wanted: &String| span.name.to_lowercase().contains(&wanted.to_lowercase());
        (!self.errors || span.error.is_some())
            && self.slower_ms.is_none_or(|ms| span.duration().as_secs_f64() * 1_000.0 > ms)
            && self.function.as_ref().is_none_or(|wanted| span.service == *wanted)
            && self.operation.as_ref().is_none_or(has)
    }
}

fn text(value: &str) -> Result<Option<String>, &'static str> {
    if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
        return Err("at most 200 characters, none of them a control character");
    }
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::span;
    use super::*;

    fn read(query: &str) -> Filter {
        Filter::read(query, None).unwrap_or_else(|wrong| panic!("{query}: {wrong:?}"))
    }

    fn wrong(query: &str) -> Vec<String> {
        let told = Filter::read(query, None).expect_err(query);
        told.into_iter().map(|wrong| format!("{}: {}", wrong.parameter, wrong.wanted)).collect()
    }

    #[test]
    fn fields_that_were_left_empty_ask_for_nothing() {
        assert!(!read("").is_any() && !read("slower_ms=&function=&operation=+&errors=0").is_any());
    }

    #[test]
    fn one_span_has_to_be_all_that_is_asked_for() {
        // 9 ms of the API's.
        let good = span("api", "1", None, 1_000, 10_000);
        let failed = Span { error: Some("as asked".to_owned()), ..good.clone() };
        for query in ["errors=1", "errors=1&slower_ms=8.9", "function=api&errors=1", "operation=PAN+1&errors=1"] {
            assert!(read(query).takes(&failed) && !read(query).takes(&good), "{query}");
        }
        for query in ["slower_ms=9", "function=ap", "operation=job", "errors=1&function=web", "errors=1&slower_ms=10"] {
            assert!(!read(query).takes(&failed), "{query}");
        }
        assert!(read("").takes(&good));
    }

    #[test]
    fn what_cannot_be_heeded_is_told_by_name_all_at_once() {
        assert_eq!(
            wrong("errors=yes&slower_ms=fast&slower=250&operation=a%00b"),
            [
                "errors: 1 or 0",
                "slower_ms: milliseconds from 0 to 86400000, decimals allowed",
                "slower: errors, slower_ms, function or operation",
                "operation: at most 200 characters, none of them a control character",
            ]
        );
        for ms in ["-1", "NaN", "inf", "1e99", "250ms"] {
            assert_eq!(wrong(&format!("slower_ms={ms}")).len(), 1, "{ms}");
        }
        assert_eq!(wrong("function=api&function=web"), ["function: it once"]);
        assert_eq!(wrong(&format!("operation={}", "a".repeat(201))).len(), 1);
    }
}
