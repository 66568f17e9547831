//! A trace in the order in which it is read: who caused whom.

use std::collections::HashMap;

use super::{Span, Trace};

/// A span and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'trace> {
    /// The span.
    pub span: &'trace Span,
    /// How many spans stand above it.
    pub depth: usize,
    /// Whether it names a parent that is not above it: one that was never sent, is not here yet, or was forgotten.
    pub orphan: bool,
}

impl Trace {
    /// Every span once: each below its parent, siblings by their start, orphans beside the roots.
    pub fn outline(&self) -> Vec<Line<'_>> {
        let mut outline = Outline::new(self.spans());
        for (index, span) in self.spans().iter().enumerate() {
            let orphan = span.parent_id.as_ref().is_some_and(|parent| !outline.known.contains_key(parent.as_str()));
            if orphan || span.parent_id.is_none() {
                outline.add(index, orphan);
            }
        }
        // What is left are the ancestors of themselves, in malformed traces.
        for index in 0..self.spans().len() {
            outline.add(index, true);
        }
        outline.lines
    }
}

struct Outline<'trace> {
    spans: &'trace [Span],
    /// The ids that are here, each with the spans that it caused, in the order of their start.
    known: HashMap<&'trace str, Vec<usize>>,
    added: Vec<bool>,
    lines: Vec<Line<'trace>>,
}

impl<'trace> Outline<'trace> {
    fn new(spans: &'trace [Span]) -> Self {
        let mut known: HashMap<&str, Vec<usize>> =
            spans.iter().map(|span| (span.span_id.as_str(), Vec::new())).collect();
        for (index, span) in spans.iter().enumerate() {
            if let Some(children) = span.parent_id.as_ref().and_then(|parent| known.get_mut(parent.as_str())) {
                children.push(index);
            }
        }
        Self { spans, known, added: vec![false; spans.len()], lines: Vec::with_capacity(spans.len()) }
    }

    /// Adds a span with everything that it caused, unless it is there already: with a stack of its own, since how deep
    /// a trace goes is up to whoever sends it.
    fn add(&mut self, top: usize, orphan: bool) {
        let mut next = vec![(top, 0)];
        while let Some((index, depth)) = next.pop() {
            if std::mem::replace(&mut self.added[index], true) {
                continue;
            }
            let span = &self.spans[index];
            self.lines.push(Line { span, depth, orphan: orphan && depth == 0 });
            let children = self.known.get(span.span_id.as_str()).into_iter().flatten().rev();
            next.extend(children.map(|child| (*child, depth + 1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trace::tests::span;
    use super::*;

    fn read(spans: Vec<Span>) -> Vec<String> {
        let trace = Trace::new("t", spans);
        let line = |line: Line<'_>| {
            let orphan = if line.orphan { " orphan" } else { "" };
            format!("{}{}{orphan}", "-".repeat(line.depth), line.span.span_id)
        };
        trace.outline().into_iter().map(line).collect()
    }

    #[test]
    fn children_stand_below_their_parent_by_their_start() {
        let read = read(vec![
            span("t", "late", Some("root"), 5, 9),
            span("t", "root", None, 0, 10),
            span("t", "lost", Some("away"), 3, 4),
            span("t", "grandchild", Some("early"), 2, 2),
            span("t", "early", Some("root"), 1, 2),
        ]);
        assert_eq!(read, ["root", "-early", "--grandchild", "-late", "lost orphan"]);
    }

    #[test]
    fn a_span_that_came_twice_stands_there_twice_and_its_children_once() {
        let read = read(vec![
            span("t", "root", None, 0, 10),
            span("t", "child", Some("root"), 1, 2),
            span("t", "root", None, 0, 10),
        ]);
        assert_eq!(read, ["root", "-child", "root"]);
    }

    #[test]
    fn spans_that_are_their_own_ancestors_are_shown_once() {
        let read = read(vec![span("t", "hen", Some("egg"), 0, 1), span("t", "egg", Some("hen"), 1, 2)]);
        assert_eq!(read, ["hen orphan", "-egg"]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_read_to_its_end() {
        let parent = |at: u64| (at > 0).then(|| (at - 1).to_string());
        let spans = (0..100_000).map(|at| span("t", &at.to_string(), parent(at).as_deref(), at, at + 1));
        assert_eq!(Trace::new("t", spans.collect()).outline().last().map(|line| line.depth), Some(99_999));
    }
}
