use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rustls::ClientConfig;
use url::Url;

use crate::config::{About, Reader, Settings, setting};
use crate::tls;

/// Where a receiver listens, as OTLP/HTTP has it, if it is wanted and nobody says where.
const RECEIVER: &str = "http://localhost:4318";

/// Where it takes traces there.
const FOR_TRACES: &str = "/v1/traces";
/// When a request to it is cut, as the specification has it.
const TIMES_OUT: Duration = Duration::from_secs(10);

/// Where spans go, and how.
#[derive(Clone, Debug)]
pub struct ExportSettings {
    /// A receiver over OTLP/HTTP.
    pub otlp: Option<OtlpSettings>,
    /// Whether each is a line of the log.
    pub console: bool,
    /// How they wait.
    pub queue: QueueSettings,
}

impl ExportSettings {
    /// To this receiver over OTLP/HTTP, with nothing special about it.
    #[must_use]
    pub fn to(receiver: Url) -> Self {
        let otlp = OtlpSettings {
            url: for_traces(receiver),
            headers: HeaderMap::new(),
            timeout: TIMES_OUT,
            gzip: false,
            tls: None,
        };
        Self { otlp: Some(otlp), console: false, queue: QueueSettings::default() }
    }
}

/// How spans are handed to a receiver.
#[derive(Clone)]
pub struct OtlpSettings {
    /// Where it takes traces.
    pub url: Url,
    /// What each request says besides: who we are, for the most part.
    pub headers: HeaderMap,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether requests are compressed.
    pub gzip: bool,
    /// Where others may vouch for it than for the web.
    pub tls: Option<ClientConfig>,
}

impl std::fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtlpSettings").finish_non_exhaustive()
    }
}

/// How spans wait for being handed over.
#[derive(Clone, Copy, Debug)]
pub struct QueueSettings {
    /// So many at most; 65,536 took 27 MB when it was measured.
    pub spans: usize,
    /// In one request.
    pub batch: usize,
    /// How long a batch waits for more.
    pub linger: Duration,
    /// How old one may be and still be repeated: those that come behind it are newer.
    pub repeated_for: Duration,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self { spans: 8_192, batch: 512, linger: Duration::from_millis(500), repeated_for: Duration::from_secs(30) }
    }
}

impl Settings for ExportSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let disabled = from.standard(
            setting("OTEL_SDK_DISABLED", "whether no span goes anywhere; they still lend their ids to the log"),
            "true or false",
            "false",
            |text| one_of(text, &[("true", true), ("false", false)]),
        );
        let exporters = from.standard(
            setting("OTEL_TRACES_EXPORTER", "where spans go; otlp by default where there is an endpoint"),
            "otlp, console, both with a comma between them, or none",
            "otlp where there is an endpoint, else none",
            exporters,
        );
        let exporters = if disabled.unwrap_or_default() { Some(Exporters::NONE) } else { exporters };
        let otlp = otlp(from, exporters.map(|it| it.otlp));
        let queue = queue(from);
        Some(Self { otlp: otlp?, console: exporters.is_some_and(|it| it.console), queue })
    }
}

#[derive(Clone, Copy)]
struct Exporters {
    otlp: bool,
    console: bool,
}

impl Exporters {
    const NONE: Self = Self { otlp: false, console: false };
}

fn exporters(text: &str) -> Option<Exporters> {
    let mut exporters = Exporters::NONE;
    for name in text.split(',') {
        match name.trim().to_ascii_lowercase().as_str() {
            "otlp" => exporters.otlp = true,
            "console" => exporters.console = true,
            "none" if !text.contains(',') => {}
            _ => return None,
        }
    }
    Some(exporters)
}

/// To the receiver, if it is wanted; if nobody says so, where there is one.
fn otlp(from: &mut Reader, is_wanted: Option<bool>) -> Option<Option<OtlpSettings>> {
    let url = receiver(from, is_wanted == Some(true));
    let headers = of_either(from, TRACES_HEADERS, HEADERS, |from, about| {
        from.optional_secret(about, "name=value,name=value, percent-encoded", headers)
    });
    let timeout = of_either(from, TRACES_TIMEOUT, TIMEOUT, |from, about| {
        Some(from.standard(about, MILLISECONDS, "10000", milliseconds))
    });
    let gzip = of_either(from, TRACES_COMPRESSION, COMPRESSION, |from, about| {
        let known = |text: &str| one_of(text, &[("gzip", true), ("none", false)]);
        Some(from.standard(about, "gzip or none", "none", known))
    });
    let tls = of_either(from, TRACES_CERTIFICATE, CERTIFICATE, authorities);
    let unsupported = of_either(from, TRACES_PROTOCOL, PROTOCOL, |from, about| {
        let known = [("http/protobuf", None), ("grpc", Some("grpc")), ("http/json", Some("http/json"))];
        let protocol = from.standard(about, "http/protobuf", "http/protobuf", |text| one_of(text, &known));
        Some(protocol.map(|other| other.map(|other| (about.name, other))))
    });
    let (url, headers, tls) = (url?.filter(|_| is_wanted != Some(false)), headers?.unwrap_or_default(), tls?);
    if let (Some(_), Some((name, other))) = (&url, unsupported?.flatten()) {
        from.mistake(format!(
            "{name} is {other}, which is not supported here: wanted http/protobuf, at a port that \
             speaks HTTP (4318 by default)"
        ));
        return None;
    }
    let (timeout, gzip) = (timeout?.unwrap_or(TIMES_OUT), gzip?.unwrap_or_default());
    Some(url.map(|url| OtlpSettings { url, headers, timeout, gzip, tls }))
}

const TRACES_HEADERS: About = setting("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "what each request to it says besides");
const HEADERS: About = setting("OTEL_EXPORTER_OTLP_HEADERS", "the same, of all signals");
const TRACES_TIMEOUT: About = setting("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "how long one request to it may take");
const TIMEOUT: About = setting("OTEL_EXPORTER_OTLP_TIMEOUT", "the same, of all signals");
const TRACES_COMPRESSION: About = setting("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "how requests to it are compressed");
const COMPRESSION: About = setting("OTEL_EXPORTER_OTLP_COMPRESSION", "the same, of all signals");
const TRACES_CERTIFICATE: About =
    setting("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "who may vouch for it; by default the web's");
const CERTIFICATE: About = setting("OTEL_EXPORTER_OTLP_CERTIFICATE", "the same, of all signals");
const TRACES_PROTOCOL: About = setting("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "how spans are sent to it");
const PROTOCOL: About = setting("OTEL_EXPORTER_OTLP_PROTOCOL", "the same, of all signals");

/// A TLS client for those that a file has.
fn authorities(from: &mut Reader, about: About) -> Option<Option<ClientConfig>> {
    let Some(pem) = from.file(about, "a PEM file of certificates")? else { return Some(None) };
    match tls::client(tls::Verification::Full, Some(&pem)) {
        Ok(client) => Some(Some(client)),
        Err(reason) => {
            from.mistake(format!("{} {reason}: wanted the path of a PEM file of certificates", about.name));
            None
        }
    }
}

/// Where it takes traces.
fn receiver(from: &mut Reader, is_wanted: bool) -> Option<Option<Url>> {
    let about = setting("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "where an OTLP/HTTP receiver takes traces, as it is");
    let of_traces = from.optional_url(about);
    let about = setting("OTEL_EXPORTER_OTLP_ENDPOINT", "an OTLP/HTTP receiver, without /v1/traces");
    let base = from.optional_url(about);
    let default = || is_wanted.then(|| Url::parse(RECEIVER).ok()).flatten();
    let base = base?;
    if base.as_ref().is_some_and(|base| base.path().trim_end_matches('/').ends_with(FOR_TRACES)) {
        from.notice(format!(
            "OTEL_EXPORTER_OTLP_ENDPOINT ends with {FOR_TRACES}, and {FOR_TRACES} is added to it: wanted a base address, or \
             OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        ));
    }
    Some(of_traces?.or_else(|| base.or_else(default).map(for_traces)))
}

/// Of a setting for traces and one for all signals the first that is set.
fn of_either<T>(
    from: &mut Reader,
    traces: About,
    all: About,
    read: impl Fn(&mut Reader, About) -> Option<Option<T>>,
) -> Option<Option<T>> {
    let (of_traces, of_all) = (read(from, traces), read(from, all));
    Some(of_traces?.or(of_all?))
}

/// The address for traces of a receiver, whatever else its own holds.
fn for_traces(mut base: Url) -> Url {
    let path = format!("{}{FOR_TRACES}", base.path().trim_end_matches('/'));
    base.set_path(&path);
    base
}

/// As `name=value,name=value`.
fn headers(text: &str) -> Result<HeaderMap, &'static str> {
    let mut headers = HeaderMap::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("has a header without a value")?;
        let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_| "has a value that is not UTF-8")?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| "has a name that no header may have")?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| "has a value that no header may have")?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

fn queue(from: &mut Reader) -> QueueSettings {
    let defaults = QueueSettings::default();
    let count = |text: &str| text.parse().ok().filter(|many| (1..=65_536).contains(many));
    let wanted = "a whole number from 1 to 65536";
    let about = setting("OTEL_BSP_MAX_QUEUE_SIZE", "spans that wait to be handed over, at most");
    let spans = from.standard(about, wanted, "8192", count).unwrap_or(defaults.spans);
    let about = setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "spans of one request, at most");
    let batch = from.standard(about, wanted, "512", count);
    if batch.is_some_and(|batch| batch > spans) {
        from.notice(format!("OTEL_BSP_MAX_EXPORT_BATCH_SIZE is more than may wait: {spans} is used in its place"));
    }
    let about = setting("OTEL_BSP_SCHEDULE_DELAY", "how long a batch waits for more spans");
    let linger = from.standard(about, MILLISECONDS, "500", milliseconds).unwrap_or(defaults.linger);
    let about = setting("OTEL_BSP_EXPORT_TIMEOUT", "how old a batch may be and still be sent again");
    let repeated_for = from.standard(about, MILLISECONDS, "30000", milliseconds).unwrap_or(defaults.repeated_for);
    QueueSettings { spans, batch: batch.unwrap_or(defaults.batch).min(spans), linger, repeated_for }
}

const MILLISECONDS: &str = "milliseconds from 1 to 3600000";

fn milliseconds(text: &str) -> Option<Duration> {
    text.parse().ok().filter(|many| (1..=3_600_000).contains(many)).map(Duration::from_millis)
}

/// Standard names are known without regard to case.
fn one_of<T: Copy>(text: &str, known: &[(&str, T)]) -> Option<T> {
    known.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(values: &[(&str, &str)]) -> Reader {
        Reader::new(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn read(values: &[(&str, &str)]) -> (ExportSettings, Vec<String>) {
        let mut reader = reader(values);
        let settings = ExportSettings::read(&mut reader);
        let notices = reader.notices();
        (reader.finish(settings).unwrap_or_else(|mistakes| panic!("{mistakes}")), notices)
    }

    fn sent_to(values: &[(&str, &str)]) -> Option<String> {
        read(values).0.otlp.map(|otlp| otlp.url.to_string())
    }

    #[test]
    fn the_path_is_added_to_an_endpoint_of_all_signals_and_to_none_of_traces() {
        let base = "OTEL_EXPORTER_OTLP_ENDPOINT";
        for (given, sent) in [
            ("http://a.example:4318", "http://a.example:4318/v1/traces"),
            ("http://a.example:4318/", "http://a.example:4318/v1/traces"),
            ("https://u:p@a.example/otlp/?key=1", "https://u:p@a.example/otlp/v1/traces?key=1"),
        ] {
            assert_eq!(sent_to(&[(base, given)]).as_deref(), Some(sent));
        }
        let (_, notices) = read(&[(base, "http://a.example/v1/traces/")]);
        assert!(notices[0].starts_with("OTEL_EXPORTER_OTLP_ENDPOINT ends with /v1/traces"), "{notices:?}");
        let of_traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b.example/in/");
        assert_eq!(sent_to(&[(base, "http://a.example"), of_traces]).as_deref(), Some("http://b.example/in/"));
    }

    #[test]
    fn spans_go_where_the_exporter_says() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a.example");
        let with = |exporter| {
            let settings = read(&[endpoint, ("OTEL_TRACES_EXPORTER", exporter)]).0;
            (settings.otlp.is_some(), settings.console)
        };
        assert_eq!((with(""), with("OTLP"), with("none")), ((true, false), (true, false), (false, false)));
        assert_eq!((with("Console"), with("otlp, console")), ((false, true), (true, true)));
        assert_eq!(sent_to(&[]), None);
        assert_eq!(sent_to(&[("OTEL_TRACES_EXPORTER", "otlp")]).as_deref(), Some("http://localhost:4318/v1/traces"));
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        assert_eq!(sent_to(&[endpoint, grpc, ("OTEL_SDK_DISABLED", "True")]), None);
        assert_eq!(sent_to(&[endpoint, grpc, ("OTEL_TRACES_EXPORTER", "console")]), None);
    }

    #[test]
    fn what_is_said_of_traces_goes_before_what_is_said_of_all() {
        let settings = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a.example"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=1,x=2"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "Authorization=Basic%20YTpi , a = b "),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "7000"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "500"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
        ]);
        let otlp = settings.0.otlp.expect("an endpoint");
        let sent: Vec<_> = otlp.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(sent, [("authorization", &b"Basic YTpi"[..]), ("a", b"b")]);
        assert_eq!((otlp.timeout, otlp.gzip), (Duration::from_millis(500), true));
    }

    #[test]
    fn what_the_standard_has_us_ignore_is_ignored_and_told() {
        for (name, wrong) in [
            ("OTEL_SDK_DISABLED", "yes"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "5s"),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier pigeon"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "0.5"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "0"),
        ] {
            let (settings, notices) = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a.example"), (name, wrong)]);
            assert!(notices.iter().any(|notice| notice.starts_with(name)), "{name}: {notices:?}");
            let QueueSettings { spans, batch, linger, repeated_for } = settings.queue;
            assert_eq!((spans, batch.min(512), linger.as_millis(), repeated_for.as_secs()), (8_192, 512, 500, 30));
            let otlp = settings.otlp.expect("an endpoint");
            assert_eq!((otlp.timeout.as_secs(), otlp.gzip), (10, false));
        }
    }

    #[test]
    fn what_would_lose_every_span_is_a_mistake_and_shows_nothing_secret() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a.example");
        for (name, wrong, why) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which is not supported here"),
            (
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
                "http/json",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is http/json, which",
            ),
            (
                "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
                "/dev/null",
                "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE has no certificate",
            ),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2", "OTEL_EXPORTER_OTLP_HEADERS has a header without a value"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2", "has a name that no header may have"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0A", "has a value that no header may have"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem", "which cannot be read"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "hunter2:4318", "has no scheme"),
            (
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                "http://ada:hunter2@a{b}:4318",
                "has a character that HTTP does not",
            ),
        ] {
            let mut reader = reader(&[endpoint, (name, wrong)]);
            let settings = ExportSettings::read(&mut reader);
            let told = reader.finish(settings).expect_err(wrong).to_string();
            assert!(told.contains(why) && !told.contains("hunter2"), "{told}");
        }
    }
}
