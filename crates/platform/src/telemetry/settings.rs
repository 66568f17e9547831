//! What telemetry is told, mostly by the names that OpenTelemetry gives to its settings: a value that it has us ignore is
//! ignored and told, and `Reader::notices` names those of its settings that nobody reads here.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_semantic_conventions::SCHEMA_URL;
use opentelemetry_semantic_conventions::resource::{
    DEPLOYMENT_ENVIRONMENT_NAME, SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION,
};
use percent_encoding::percent_decode_str;
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

use super::context::FunctionKey;
use super::trace::{ExportSettings, HeadSampler};
use crate::config::{Reader, Settings, setting};

/// Where telemetry goes and how much of it.
#[derive(Debug)]
pub struct TelemetrySettings {
    /// What the service is called, where it is not what the function is.
    pub name: Option<String>,
    /// More of the service, in place of what is said of it here.
    pub attributes: Vec<KeyValue>,
    /// Where spans go.
    pub export: ExportSettings,
    /// How the head of a trace decides.
    pub sampler: HeadSampler,
    /// Whether W3C Trace Context is taken from callers, and given to those who are called.
    pub propagates: bool,
    /// By what the calls of other functions are known.
    pub key: Option<FunctionKey>,
    /// What is logged.
    pub filter: EnvFilter,
    /// The commit that runs.
    pub version: String,
    /// The machine it runs on.
    pub instance: String,
    /// In which deployment: `production`, `staging`.
    pub environment: Option<String>,
}

impl Settings for TelemetrySettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let name = setting(
            "OTEL_SERVICE_NAME",
            "what the service is called in traces and logs; by default as the function is",
        );
        let name = from.standard(name, "a text", "none", |text| Some(text.to_owned()));
        let attributes = from.standard(
            setting(
                "OTEL_RESOURCE_ATTRIBUTES",
                "more about the service, in traces and, of its name, version and instance, in logs",
            ),
            "name=value,name=value, percent-encoded",
            "none",
            attributes,
        );
        let export = ExportSettings::read(from);
        let sampler = HeadSampler::read(from);
        let propagates = propagates(from);
        let key = FunctionKey::read(from);
        elsewhere(from);
        let filter = from.default(
            setting("RUST_LOG", "what is logged"),
            "a filter as tracing-subscriber has it",
            "info,actix_server=warn",
        );
        let version = from.default(setting("SERVICE_VERSION", "the commit that runs"), "a text", "dev");
        let instance = from.default(
            setting("FLY_MACHINE_ID", "the machine that this runs on; by default a random id"),
            "a text",
            "random",
        );
        let about = setting("DEPLOYMENT_ENVIRONMENT", "which deployment it is part of, in traces: production, staging");
        let environment = from.optional(about, "a text");
        let random = |name: String| if name == "random" { Uuid::new_v4().to_string() } else { name };
        Some(Self {
            name,
            attributes: attributes.unwrap_or_default(),
            export: export?,
            sampler,
            propagates,
            key: key?,
            filter: filter?,
            version: version?,
            instance: instance.map(random)?,
            environment: environment?,
        })
    }
}

impl TelemetrySettings {
    /// Whose telemetry it is: what is known here, below what `OTEL_RESOURCE_ATTRIBUTES` says, below `OTEL_SERVICE_NAME`.
    pub(super) fn resource(&self, function: &'static str) -> Resource {
        Resource::builder_empty()
            .with_schema_url([], SCHEMA_URL)
            .with_detector(Box::new(TelemetryResourceDetector))
            .with_attributes([
                KeyValue::new(SERVICE_NAME, function),
                KeyValue::new(SERVICE_VERSION, self.version.clone()),
                KeyValue::new(SERVICE_INSTANCE_ID, self.instance.clone()),
            ])
            .with_attributes(self.environment.iter().map(|it| KeyValue::new(DEPLOYMENT_ENVIRONMENT_NAME, it.clone())))
            .with_attributes(self.attributes.iter().cloned())
            .with_attributes(self.name.iter().map(|name| KeyValue::new(SERVICE_NAME, name.clone())))
            .build()
    }
}

/// All of them, or none: what cannot be read to its end says nothing.
fn attributes(text: &str) -> Option<Vec<KeyValue>> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let decoded = |text: &str| Some(percent_decode_str(text.trim()).decode_utf8().ok()?.into_owned());
        let name = decoded(name).filter(|name| !name.is_empty())?;
        Some(KeyValue::new(name, decoded(value)?))
    });
    pairs.collect()
}

/// Whether it is W3C Trace Context that is passed on. What else is named is told.
fn propagates(from: &mut Reader) -> bool {
    let about = setting("OTEL_PROPAGATORS", "what of a caller's trace is taken, and given to those who are called");
    let (wanted, default) = ("tracecontext or none", "tracecontext");
    let listed = from.standard(about, wanted, default, |text| {
        Some(text.split(',').map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>())
    });
    let Some(listed) = listed else { return true };
    for other in listed.iter().filter(|name| !matches!(name.as_str(), "tracecontext" | "none")) {
        from.notice(format!("OTEL_PROPAGATORS has {other}, which is not supported here: wanted {wanted}"));
    }
    listed.iter().any(|name| name == "tracecontext")
}

/// Signals that do not leave by OTLP here, whoever asks for it.
fn elsewhere(from: &mut Reader) {
    let metrics = setting("OTEL_METRICS_EXPORTER", "metrics are there to be read, at METRICS_LISTEN");
    let logs = setting("OTEL_LOGS_EXPORTER", "logs go to standard output");
    for (about, wanted) in [(metrics, "prometheus"), (logs, "console")] {
        let is_so = |text: &str| (text.eq_ignore_ascii_case(wanted) || text.eq_ignore_ascii_case("none")).then_some(());
        let _ = from.standard(about, &format!("{wanted} or none"), wanted, is_so);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::Value;

    use super::*;

    fn read(values: &[(&str, &str)]) -> (TelemetrySettings, Vec<String>) {
        let mut reader = Reader::new(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = TelemetrySettings::read(&mut reader);
        let notices = reader.notices();
        (reader.finish(settings).expect("nothing is wrong"), notices)
    }

    fn of(settings: &TelemetrySettings, name: &'static str) -> Option<String> {
        settings.resource("api").get(&name.into()).map(|value: Value| value.to_string())
    }

    #[test]
    fn the_standard_names_say_whose_telemetry_it_is() {
        let attributes = "deployment.environment.name=production,service.name=other,team=M%C3%BCnchen%20%2C Ost";
        let (settings, notices) = read(&[("OTEL_RESOURCE_ATTRIBUTES", attributes), ("SERVICE_VERSION", "3b0a553")]);
        assert_eq!(notices, Vec::<String>::new());
        assert_eq!(of(&settings, "service.name").as_deref(), Some("other"));
        assert_eq!(of(&settings, "team").as_deref(), Some("München , Ost"));
        assert_eq!(of(&settings, "service.version").as_deref(), Some("3b0a553"));
        assert_eq!(of(&settings, "telemetry.sdk.language").as_deref(), Some("rust"));
        let (settings, _) = read(&[("OTEL_RESOURCE_ATTRIBUTES", attributes), ("OTEL_SERVICE_NAME", "jobs")]);
        assert_eq!(of(&settings, "service.name").as_deref(), Some("jobs"));
        let (settings, _) = read(&[("DEPLOYMENT_ENVIRONMENT", "staging")]);
        assert_eq!(of(&settings, "service.name").as_deref(), Some("api"));
        assert_eq!(of(&settings, "deployment.environment.name").as_deref(), Some("staging"));
        let schema = settings.resource("api").schema_url().map(str::to_owned);
        assert!(schema.is_some_and(|url| url.starts_with("https://opentelemetry.io/schemas/1.")));
    }

    #[test]
    fn attributes_that_cannot_be_read_are_all_left_out_and_told() {
        for wrong in ["a=1,b", "=1", "a=%ff"] {
            let (settings, notices) = read(&[("OTEL_RESOURCE_ATTRIBUTES", wrong)]);
            assert_eq!(settings.attributes, []);
            assert!(notices.iter().any(|notice| notice.starts_with("OTEL_RESOURCE_ATTRIBUTES ")), "{notices:?}");
        }
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for (name, value, told) in [
            ("OTEL_PROPAGATORS", "b3,tracecontext", "OTEL_PROPAGATORS has b3, which is not supported here"),
            ("OTEL_METRICS_EXPORTER", "otlp", "OTEL_METRICS_EXPORTER is \"otlp\", which is ignored"),
            ("OTEL_LOGS_EXPORTER", "otlp", "OTEL_LOGS_EXPORTER is \"otlp\", which is ignored"),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", "7", "OTEL_SPAN_EVENT_COUNT_LIMIT is not supported here"),
            ("OTEL_SERVICE_NAMES", "api", "OTEL_SERVICE_NAMES is not known, and not used: is it OTEL_SERVICE_NAME?"),
        ] {
            let (_, notices) = read(&[(name, value)]);
            assert!(notices.iter().any(|notice| notice.starts_with(told)), "{name}: {notices:?}");
        }
        for (name, value) in [("OTEL_METRICS_EXPORTER", "None"), ("OTEL_LOGS_EXPORTER", "console")] {
            assert_eq!(read(&[(name, value)]).1, Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn trace_context_is_passed_on_unless_it_is_left_out() {
        for (listed, passed) in [("", true), ("TraceContext,baggage", true), ("none", false), ("b3", false)] {
            assert_eq!(read(&[("OTEL_PROPAGATORS", listed)]).0.propagates, passed, "{listed}");
        }
    }
}
