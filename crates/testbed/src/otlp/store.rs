//! The newest spans, by trace.

use std::collections::{HashMap, VecDeque};

use super::{Span, Trace};

#[derive(Debug)]
pub(super) struct Store {
    capacity: usize,
    /// The trace of every span, in the order they came: the front is the next to be forgotten.
    order: VecDeque<String>,
    traces: HashMap<String, VecDeque<Span>>,
}

impl Store {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, order: VecDeque::new(), traces: HashMap::new() }
    }

    pub(super) fn add(&mut self, span: Span) {
        self.order.push_back(span.trace_id.clone());
        let trace = self.traces.entry(span.trace_id.clone()).or_default();
        trace.push_back(span);
        while self.order.len() > self.capacity {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(trace_id) = self.order.pop_front() else {
            return;
        };
        if let Some(trace) = self.traces.get_mut(&trace_id) {
            trace.pop_front();
            if trace.is_empty() {
                self.traces.remove(&trace_id);
            }
        }
    }

    pub(super) fn trace(&self, trace_id: &str) -> Trace {
        let spans = self.traces.get(trace_id).into_iter().flatten();
        Trace::new(trace_id, spans.cloned().collect())
    }

    pub(super) fn trace_ids(&self) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        let first_times = self.order.iter().filter(|id| seen.insert(*id));
        first_times.cloned().collect()
    }

    /// The newest traces with such a span, by when their first span came, oldest first.
    pub(super) fn newest(&self, count: usize, such: impl Fn(&Span) -> bool) -> Vec<Trace> {
        let ids = self.trace_ids();
        let is_so = |id: &&String| self.traces.get(*id).is_some_and(|spans| spans.iter().any(&such));
        let mut found: Vec<Trace> = ids.iter().rev().filter(is_so).take(count).map(|id| self.trace(id)).collect();
        found.reverse();
        found
    }

    /// The spans of other traces that name this trace in a link, in no order.
    pub(super) fn linking_to(&self, trace_id: &str) -> Vec<Span> {
        let others = self.traces.iter().filter(|(id, _)| *id != trace_id).flat_map(|(_, spans)| spans);
        others.filter(|span| span.links.iter().any(|(trace, _)| trace == trace_id)).cloned().collect()
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        let ids = self.trace_ids().into_iter();
        ids.flat_map(|id| self.traces.get(&id).into_iter().flatten().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(trace_id: &str, span_id: &str) -> Span {
        crate::otlp::trace::tests::span(trace_id, span_id, None, 0, 1)
    }

    #[test]
    fn the_oldest_span_is_forgotten_when_the_store_is_full() {
        let mut store = Store::new(2);
        for (trace, id) in [("a", "1"), ("a", "2"), ("b", "3")] {
            store.add(span(trace, id));
        }
        assert_eq!(store.spans(), [span("a", "2"), span("b", "3")]);
        store.add(span("b", "4"));
        assert_eq!(store.trace_ids(), ["b"]);
    }

    #[test]
    fn the_newest_traces_are_those_that_began_to_arrive_last() {
        let mut store = Store::new(9);
        for (trace, id) in [("a", "1"), ("b", "2"), ("c", "3"), ("a", "4")] {
            store.add(span(trace, id));
        }
        let newest = |count, such: fn(&Span) -> bool| {
            store.newest(count, such).iter().map(|trace| trace.id().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(newest(2, |_| true), ["b", "c"]);
        assert_eq!(newest(9, |_| true).len(), 3);
        assert_eq!(newest(1, |span| span.span_id == "4"), ["a"], "an older one, by a span that came later");
        assert!(newest(9, |_| false).is_empty());
    }

    #[test]
    fn spans_that_link_to_a_trace_are_found_in_other_traces_alone() {
        let mut store = Store::new(9);
        let link = vec![("b".to_owned(), "2".to_owned())];
        store.add(Span { links: link.clone(), ..span("a", "1") });
        store.add(Span { links: link, ..span("b", "2") });
        store.add(span("c", "3"));
        assert_eq!(store.linking_to("b").iter().map(|span| span.span_id.as_str()).collect::<Vec<_>>(), ["1"]);
    }

    #[test]
    fn an_unknown_trace_is_empty() {
        assert!(Store::new(2).trace("a").spans().is_empty());
    }
}
