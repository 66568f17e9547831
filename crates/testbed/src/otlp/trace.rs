//! The spans of one trace, and what is wrong with them.

use std::time::Duration;

use super::Span;

/// A trace, as far as it was received.
#[derive(Clone, Debug)]
pub struct Trace {
    id: String,
    /// By start.
    spans: Vec<Span>,
}

impl Trace {
    /// A trace of these spans.
    pub fn new(id: &str, mut spans: Vec<Span>) -> Self {
        spans.sort_by(|a, b| (a.start, &a.span_id).cmp(&(b.start, &b.span_id)));
        Self { id: id.to_owned(), spans }
    }

    /// Its id: 32 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// All its spans by their start.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The spans of this name, by their start.
    pub fn named(&self, name: &str) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.name == name).collect()
    }

    /// The spans that nothing caused. A whole trace has one.
    pub fn roots(&self) -> Vec<&Span> {
        let spans = self.spans.iter();
        spans.filter(|span| span.parent_id.is_none()).collect()
    }

    /// The spans whose parent is not here: it was never sent, is not here yet, or was forgotten.
    pub fn orphans(&self) -> Vec<&Span> {
        let orphan = |span: &&Span| span.parent_id.is_some() && self.parent(span).is_none();
        self.spans.iter().filter(orphan).collect()
    }

    /// The spans that this one caused directly, by their start.
    pub fn children(&self, of: &Span) -> Vec<&Span> {
        let child = |span: &&Span| span.parent_id.as_ref() == Some(&of.span_id);
        self.spans.iter().filter(child).collect()
    }

    /// The span that caused this one, when it is here.
    pub fn parent(&self, of: &Span) -> Option<&Span> {
        let id = of.parent_id.as_ref()?;
        self.spans.iter().find(|span| span.span_id == *id)
    }

    /// The spans that begin before their parent or end after it, by more than `tolerance` (clocks of two machines),
    /// but for those that `may` (work that goes on after its answer): as (parent, child).
    pub fn outliving_children(&self, tolerance: Duration, may: impl Fn(&Span) -> bool) -> Vec<(&Span, &Span)> {
        let tolerance = u64::try_from(tolerance.as_nanos()).unwrap_or(u64::MAX);
        let outlives = |parent: &Span, child: &Span| {
            child.start.saturating_add(tolerance) < parent.start || child.end > parent.end.saturating_add(tolerance)
        };
        self.spans
            .iter()
            .filter(|child| !may(child))
            .filter_map(|child| Some((self.parent(child)?, child)))
            .filter(|(parent, child)| outlives(parent, child))
            .collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::otlp::Kind;

    /// A span of the service `api`, called by its own id.
    pub(in crate::otlp) fn span(
        trace_id: &str,
        span_id: &str,
        parent_id: Option<&str>,
        start_ms: u64,
        end_ms: u64,
    ) -> Span {
        Span {
            trace_id: trace_id.to_owned(),
            span_id: span_id.to_owned(),
            parent_id: parent_id.map(str::to_owned),
            service: "api".to_owned(),
            name: format!("span {span_id}"),
            kind: Kind::Internal,
            start: start_ms * 1_000_000,
            end: end_ms * 1_000_000,
            attributes: Default::default(),
            state: String::new(),
            links: Vec::new(),
            error: None,
        }
    }

    fn names(spans: &[&Span]) -> String {
        let ids: Vec<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
        ids.join(" ")
    }

    #[test]
    fn roots_orphans_and_children_are_told_apart() {
        let trace = Trace::new(
            "t",
            vec![
                span("t", "late", Some("root"), 5, 9),
                span("t", "root", None, 0, 10),
                span("t", "early", Some("root"), 1, 2),
                span("t", "lost", Some("away"), 3, 4),
            ],
        );
        assert_eq!(names(&trace.roots()), "root");
        assert_eq!(names(&trace.orphans()), "lost");
        assert_eq!(names(&trace.children(trace.roots()[0])), "early late");
    }

    #[test]
    fn a_child_outside_of_its_parents_time_is_found() {
        let trace = Trace::new(
            "t",
            vec![
                span("t", "root", None, 10, 20),
                span("t", "before", Some("root"), 5, 12),
                span("t", "within", Some("root"), 10, 20),
                span("t", "after", Some("root"), 15, 30),
            ],
        );
        let found = |tolerance, may: &dyn Fn(&Span) -> bool| {
            let found = trace.outliving_children(Duration::from_millis(tolerance), may);
            let children: Vec<&Span> = found.into_iter().map(|(_, child)| child).collect();
            names(&children)
        };
        assert_eq!(found(0, &|_| false), "before after");
        assert_eq!(found(7, &|_| false), "after");
        assert_eq!(found(0, &|span| span.span_id == "after"), "before");
    }
}
