use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use crate::config::{Reader, setting};
use crate::sabotage;
use crate::telemetry::context::is_strangers;

/// Decides at the head of a trace whether it is kept, by a draw of its own.
///
/// A span below one of this process, or below a row or a call of this board, follows its parent. Below a stranger's
/// context the draw is made anew, and it is never computed from the trace id: a caller chooses that, and could
/// choose ids that are always kept.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadSampler {
    ratio: f64,
    follows_ours: bool,
}

impl HeadSampler {
    /// Keeps this share of traces, from 0 to 1.
    #[must_use]
    pub fn ratio(ratio: f64) -> Self {
        Self { ratio, follows_ours: true }
    }

    /// Reads the standard `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
    pub fn read(from: &mut Reader) -> Self {
        let about = setting("OTEL_TRACES_SAMPLER", "how the head of a trace decides");
        let wanted = "always_on, always_off, traceidratio, or one of these after parentbased_";
        let rule = from.standard(about, wanted, "parentbased_always_on", |name| {
            let name = name.to_ascii_lowercase();
            let own = name.strip_prefix("parentbased_");
            let fixed = match own.unwrap_or(&name) {
                "always_on" => Some(1.0),
                "always_off" => Some(0.0),
                "traceidratio" => None,
                _ => return None,
            };
            Some((fixed, own.is_some()))
        });
        let about = setting("OTEL_TRACES_SAMPLER_ARG", "for traceidratio, the share of traces that is kept");
        let share = from.standard(about, "a number from 0 to 1", "1.0", |text| {
            text.parse().ok().filter(|share| (0.0..=1.0).contains(share))
        });
        let (fixed, follows_ours) = rule.unwrap_or((Some(1.0), true));
        Self { ratio: fixed.or(share).unwrap_or(1.0), follows_ours }
    }

    fn keeps(&self, parent: Option<&Context>) -> bool {
        let drawn = || rand::random::<f64>() < self.ratio;
        let Some(parent) = parent.filter(|context| context.span().span_context().is_valid()) else {
            return drawn();
        };
        let span = parent.span();
        let span = span.span_context();
        let stranger = span.is_remote() && is_strangers(parent) && !sabotage::takes_out("stranger sampling");
        if stranger || (span.is_remote() && !self.follows_ours) { drawn() } else { span.is_sampled() }
    }
}

impl ShouldSample for HeadSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let decision = if self.keeps(parent) { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::context::{from_request, from_row};
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

    const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const UNSAMPLED: &str = "00-00000000000000000000000000000001-00f067aa0ba902b7-00";

    fn kept_of_ten_thousand(sampler: &HeadSampler, parent: Option<&Context>) -> usize {
        (0..10_000).filter(|_| sampler.keeps(parent)).count()
    }

    fn stranger(traceparent: &'static str) -> Context {
        let headers = [(HeaderName::from_static("traceparent"), HeaderValue::from_static(traceparent))];
        from_request(&HeaderMap::from_iter(headers)).expect("well-formed")
    }

    #[test]
    fn ten_thousand_decisions_at_five_percent_keep_about_five_hundred() {
        let kept = kept_of_ten_thousand(&HeadSampler::ratio(0.05), None);
        assert!((400..=600).contains(&kept), "{kept} kept");
    }

    #[test]
    fn a_strangers_flag_does_not_force_sampling() {
        let kept = kept_of_ten_thousand(&HeadSampler::ratio(0.05), Some(&stranger(SAMPLED)));
        assert!((400..=600).contains(&kept), "{kept} kept");
    }

    #[test]
    fn a_strangers_missing_flag_does_not_prevent_sampling() {
        assert_eq!(kept_of_ten_thousand(&HeadSampler::ratio(1.0), Some(&stranger(UNSAMPLED))), 10_000);
    }

    #[test]
    fn a_strangers_low_id_is_not_kept_more_often() {
        // A sampler that compares the id with the ratio keeps the lowest ids at every ratio.
        let low = stranger("00-00000000000000000000000000000001-00f067aa0ba902b7-01");
        let kept = kept_of_ten_thousand(&HeadSampler::ratio(0.05), Some(&low));
        assert!((400..=600).contains(&kept), "{kept} kept");
    }

    #[test]
    fn a_row_of_ours_is_followed() {
        let (sampled, unsampled) = (from_row(SAMPLED, None), from_row(UNSAMPLED, None));
        assert_eq!(kept_of_ten_thousand(&HeadSampler::ratio(0.05), sampled.as_ref()), 10_000);
        assert_eq!(kept_of_ten_thousand(&HeadSampler::ratio(1.0), unsampled.as_ref()), 0);
    }

    fn read(name: &str, share: &str) -> (HeadSampler, Vec<String>) {
        let mut reader = Reader::new([
            ("OTEL_TRACES_SAMPLER".to_owned(), name.to_owned()),
            ("OTEL_TRACES_SAMPLER_ARG".to_owned(), share.to_owned()),
        ]);
        (HeadSampler::read(&mut reader), reader.notices())
    }

    #[test]
    fn the_standard_names_are_understood_without_regard_to_case() {
        assert_eq!(read("always_off", "").0.ratio, 0.0);
        assert_eq!(read("ParentBased_TraceIdRatio", "0.05"), (HeadSampler::ratio(0.05), Vec::new()));
        assert!(!read("traceidratio", "0.05").0.follows_ours);
    }

    #[test]
    fn other_names_and_shares_are_ignored_and_told() {
        for (name, share) in [("sometimes", ""), ("traceidratio", "5"), ("traceidratio", "NaN"), ("jaeger_remote", "")]
        {
            let (sampler, notices) = read(name, share);
            assert_eq!(sampler.ratio, 1.0);
            assert!(notices.iter().any(|notice| notice.starts_with("OTEL_TRACES_SAMPLER")), "{name} {share}");
        }
    }
}
