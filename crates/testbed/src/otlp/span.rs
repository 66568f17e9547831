//! One finished span.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1 as proto;

use super::attribute::{hex, texts};

/// A span as it was received. Ids are lower-case hexadecimal, as in a `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The trace it belongs to: 32 digits.
    pub trace_id: String,
    /// Its own id: 16 digits.
    pub span_id: String,
    /// The span that caused it; `None` for a root.
    pub parent_id: Option<String>,
    /// `service.name` of the process it is from; empty when that said none.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Which side of a call it is.
    pub kind: Kind,
    /// What other tracing systems said of its trace.
    pub state: String,
    /// When it began: nanoseconds since 1970.
    pub start: u64,
    /// When it ended: nanoseconds since 1970.
    pub end: u64,
    /// Its attributes; values of all types as text.
    pub attributes: BTreeMap<String, String>,
    /// Other spans that it names, as (trace id, span id).
    pub links: Vec<(String, String)>,
    /// What failed, when its status is an error; `error` when it doesn't say.
    pub error: Option<String>,
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// It doesn't say.
    #[default]
    Unspecified,
    /// Work within a process.
    Internal,
    /// A request that was answered.
    Server,
    /// A request that was made.
    Client,
    /// A message that was left for later.
    Producer,
    /// A message that was worked on.
    Consumer,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        })
    }
}

impl Span {
    /// How long it took.
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.end.saturating_sub(self.start))
    }

    /// The text of an attribute; empty when there is none.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// All spans of a request, in its order.
    pub(super) fn read(request: ExportTraceServiceRequest) -> Vec<Self> {
        let mut spans = Vec::new();
        for resource_spans in request.resource_spans {
            let resource = resource_spans.resource.unwrap_or_default();
            let service = texts(resource.attributes).remove("service.name");
            let service = service.unwrap_or_default();
            for scope_spans in resource_spans.scope_spans {
                let of_scope = scope_spans.spans.into_iter();
                spans.extend(of_scope.map(|span| Self::new(span, &service)));
            }
        }
        spans
    }

    fn new(span: proto::Span, service: &str) -> Self {
        let kind = match span.kind() {
            proto::span::SpanKind::Unspecified => Kind::Unspecified,
            proto::span::SpanKind::Internal => Kind::Internal,
            proto::span::SpanKind::Server => Kind::Server,
            proto::span::SpanKind::Client => Kind::Client,
            proto::span::SpanKind::Producer => Kind::Producer,
            proto::span::SpanKind::Consumer => Kind::Consumer,
        };
        let status = span.status.unwrap_or_default();
        let failed = status.code() == proto::status::StatusCode::Error;
        let said = Some(status.message).filter(|text| !text.is_empty());
        let link = |link: proto::span::Link| (hex(&link.trace_id), hex(&link.span_id));
        Self {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_id: Some(hex(&span.parent_span_id)).filter(|id| !id.is_empty()),
            service: service.to_owned(),
            name: span.name,
            kind,
            state: span.trace_state,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano,
            attributes: texts(span.attributes),
            links: span.links.into_iter().map(link).collect(),
            error: failed.then(|| said.unwrap_or_else(|| "error".to_owned())),
        }
    }
}
