use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Array, KeyValue, Value as Attribute};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_semantic_conventions::resource::SERVICE_NAME;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::telemetry::log::Writer;

/// Writes each span as a line of the log, for whoever has no receiver at hand.
#[derive(Debug)]
pub(super) struct Console {
    service: Option<String>,
    log: Writer,
}

impl Console {
    pub(super) fn new(resource: &Resource, log: Writer) -> Self {
        Self { service: resource.get(&SERVICE_NAME.into()).map(|name| name.to_string()), log }
    }

    pub(super) fn write(&self, span: &SpanData) {
        let mut line = json!({
            "timestamp": time(span.end_time),
            "service": self.service,
            "trace_id": span.span_context.trace_id().to_string(),
            "span_id": span.span_context.span_id().to_string(),
            "span": span.name,
            "kind": format!("{:?}", span.span_kind).to_lowercase(),
            "start": time(span.start_time),
            "duration_ms": span.end_time.duration_since(span.start_time).unwrap_or_default().as_secs_f64() * 1_000.0,
            "attributes": attributes(&span.attributes),
        });
        if span.parent_span_id != SpanId::INVALID {
            line["parent_span_id"] = span.parent_span_id.to_string().into();
        }
        if let Status::Error { description } = &span.status {
            line["error"] = description.as_ref().into();
        }
        self.log.write(format!("{line}\n").into_bytes());
    }
}

fn time(at: SystemTime) -> Value {
    let at = OffsetDateTime::from(at.max(UNIX_EPOCH));
    at.format(&Rfc3339).unwrap_or_default().into()
}

fn attributes(attributes: &[KeyValue]) -> Map<String, Value> {
    attributes.iter().map(|KeyValue { key, value, .. }| (key.to_string(), value_of(value))).collect()
}

fn value_of(attribute: &Attribute) -> Value {
    match attribute {
        Attribute::Bool(it) => (*it).into(),
        Attribute::I64(it) => (*it).into(),
        Attribute::F64(it) => (*it).into(),
        Attribute::Array(Array::String(list)) => list.iter().map(|it| it.as_str()).collect(),
        other => other.to_string().into(),
    }
}
