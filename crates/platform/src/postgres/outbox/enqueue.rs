use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, MESSAGING_BATCH_MESSAGE_COUNT, MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM,
};

use crate::postgres::Error;
use crate::telemetry::context::Written;
use crate::telemetry::log::chain;
use crate::telemetry::trace::PlannedSpan;

/// As spans call what carries messages.
pub const SYSTEM: &str = "outbox";
/// As spans call where messages wait.
pub const DESTINATION: &str = "mail";

/// The writing of messages: what their rows hold of its trace, and its span, which there is if any are written.
#[derive(Debug)]
pub struct Enqueue {
    /// Until it is told.
    span: Option<PlannedSpan>,
    written: Option<Written>,
}

impl Enqueue {
    /// Begins before the statement that may write them.
    #[must_use]
    pub fn begin() -> Self {
        let span = PlannedSpan::begin(format!("enqueue {DESTINATION}"), SpanKind::Producer);
        let written = Written::of(span.context());
        Self { span: Some(span), written }
    }

    /// For the rows.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.written.as_ref().map(|written| written.traceparent.as_str())
    }

    /// For the rows.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.written.as_ref().and_then(|written| written.tracestate.as_deref())
    }

    /// Ends: so many were written, or why that is not known. Where none were, nothing is told.
    pub fn end(mut self, wrote: Result<i64, &Error>) {
        self.tell(wrote);
    }

    fn tell(&mut self, wrote: Result<i64, &Error>) {
        let Some(span) = self.span.take() else { return };
        let mut attributes = vec![
            KeyValue::new(MESSAGING_SYSTEM, SYSTEM),
            KeyValue::new(MESSAGING_OPERATION_NAME, "enqueue"),
            KeyValue::new(MESSAGING_OPERATION_TYPE, "send"),
            KeyValue::new(MESSAGING_DESTINATION_NAME, DESTINATION),
        ];
        match wrote {
            Ok(..=0) => {}
            Ok(messages) => {
                attributes.extend((messages > 1).then(|| KeyValue::new(MESSAGING_BATCH_MESSAGE_COUNT, messages)));
                span.end(attributes, None);
            }
            Err(error) => {
                attributes.push(KeyValue::new(ERROR_TYPE, error.class()));
                span.end(attributes, Some(chain(error)));
            }
        }
    }
}

/// One that is cut may have written them: their spans are to have what they hang below.
impl Drop for Enqueue {
    fn drop(&mut self) {
        self.tell(Err(&Error::TooLate));
    }
}
