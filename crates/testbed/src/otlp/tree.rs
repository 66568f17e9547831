//! A trace as text, for people and failing tests.

use std::fmt::Write;

use super::{Line, Span, Trace};

impl Trace {
    /// The trace as an indented tree, children by their start: service, name, duration, start after the trace's
    /// begin; then the query, and what failed. Orphans stand beside the roots and say so.
    ///
    /// ```text
    /// api GET /v1/jobs/{id} 12.3 ms
    ///   api SELECT jobs 3.1 ms +1.2 ms [SELECT title FROM jobs WHERE id = $1]
    /// ```
    pub fn tree(&self) -> String {
        if self.spans().is_empty() {
            return "(no spans)\n".to_owned();
        }
        let mut text = String::new();
        let begin = self.spans().first().map_or(0, |span| span.start);
        for Line { span, depth, orphan } in self.outline() {
            text.push_str(&"  ".repeat(depth));
            text.push_str(&line(span, begin));
            text.push_str(if orphan { " (its parent is not here)\n" } else { "\n" });
        }
        text
    }
}

fn line(span: &Span, begin: u64) -> String {
    let mut line = format!("{} {}", span.service, span.name);
    // Writing to a String can't fail.
    let _ = write!(line, " {:.1} ms", span.duration().as_secs_f64() * 1_000.0);
    let after = span.start.saturating_sub(begin);
    if after > 0 {
        let after = std::time::Duration::from_nanos(after);
        let _ = write!(line, " +{:.1} ms", after.as_secs_f64() * 1_000.0);
    }
    if let Some(error) = &span.error {
        let _ = write!(line, " FAILED: {error}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::trace::tests::span;
    use super::*;

    #[test]
    fn a_tree_shows_who_called_whom_and_when() {
        let mut query = span("t", "query", Some("root"), 2, 5);
        query.error = Some("cut".to_owned());
        let lost = span("t", "lost", Some("away"), 3, 4);
        let trace = Trace::new("t", vec![lost, query, span("t", "root", None, 0, 10)]);
        assert_eq!(
            trace.tree(),
            "api span root 10.0 ms\n  \
               api span query 3.0 ms +2.0 ms FAILED: cut\n\
             api span lost 1.0 ms +3.0 ms (its parent is not here)\n"
        );
    }

    #[test]
    fn an_empty_trace_says_so() {
        assert_eq!(Trace::new("t", Vec::new()).tree(), "(no spans)\n");
    }
}
