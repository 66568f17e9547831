//! A colour for each function, the same on every page.

use testbed::board::Part;
use testbed::otlp::Trace;

/// How many colours the style has.
const COLOURS: usize = 8;

/// The services of a trace, in the order of their first span, each with the number of its colour.
pub(super) struct Palette<'trace>(Vec<(&'trace str, usize)>);

impl<'trace> Palette<'trace> {
    /// Parts of the board have colours of their own, others take what is left, from its end.
    pub(super) fn of(trace: &'trace Trace) -> Self {
        let parts = Part::all();
        // Strangers have one at least, however many parts there are.
        let own = parts.len().min(COLOURS - 1);
        let mut services: Vec<(&str, usize)> = Vec::new();
        let mut others = 0;
        for span in trace.spans() {
            if services.iter().any(|(service, _)| *service == span.service) {
                continue;
            }
            let part = parts.iter().position(|part| part.name() == span.service);
            let colour = part.map_or_else(
                || {
                    others += 1;
                    COLOURS - 1 - (others - 1) % (COLOURS - own)
                },
                |part| part % own,
            );
            services.push((&span.service, colour));
        }
        Self(services)
    }

    /// Each service with its colour.
    pub(super) fn services(&self) -> &[(&'trace str, usize)] {
        &self.0
    }

    /// The class of a service's colour.
    pub(super) fn class(&self, service: &str) -> String {
        let colour = self.0.iter().find(|(name, _)| *name == service);
        class(colour.map_or(0, |(_, colour)| *colour))
    }
}

/// The class that the style knows a colour by.
pub(super) fn class(colour: usize) -> String {
    format!("c{colour}")
}

#[cfg(test)]
mod tests {
    use super::super::tests::span;
    use super::*;

    #[test]
    fn a_part_has_the_same_colour_in_every_trace_and_shares_it_with_nobody() {
        let spans = ["walk", "api", "stranger", "api"].map(|service| span(service, service, None, 0, 1));
        let trace = Trace::new("t", spans.to_vec());
        let [last, before] = [COLOURS - 1, COLOURS - 2];
        assert_eq!(Palette::of(&trace).services(), [("api", 1), ("stranger", last), ("walk", before)]);
        let alone = Trace::new("t", vec![span("api", "api", None, 0, 1)]);
        assert_eq!(Palette::of(&alone).class("api"), "c1");
    }
}
