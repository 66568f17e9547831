//! The semantic conventions that spans follow (<https://opentelemetry.io/docs/specs/semconv/>), as one table, held against
//! every span of the whole board that arrives over OTLP.

use std::collections::BTreeSet;

use platform::http::client::Method;
use testbed::board::Part;
use testbed::otlp::{Kind, Span};

use super::whole::{Whole, spans, trace_of};

/// What spans of one sort are called and say.
struct Row {
    sort: &'static str,
    kind: Kind,
    /// An attribute, and its value where only one will do, by which its spans are known.
    known_by: (&'static str, &'static str),
    /// Its name, with attributes in it; what stands for `*` is its own.
    name: &'static str,
    /// What each of its spans says.
    always: &'static [&'static str],
    /// What it may say.
    sometimes: &'static [&'static str],
}

const TABLE: [Row; 9] = [
    Row {
        sort: "HTTP server",
        kind: Kind::Server,
        known_by: ("http.request.method", ""),
        name: "{http.request.method} {http.route}",
        always: &["http.request.method", "url.scheme", "url.path", "http.response.status_code"],
        sometimes: &[
            "http.route",
            "http.request.method_original",
            "error.type",
            "app.user.id",
            "app.job.id",
            "app.application.id",
            "app.quota.left",
            "app.breaker.dependency",
            "app.breaker.state",
            "app.fallback.age_s",
        ],
    },
    Row {
        sort: "HTTP client",
        kind: Kind::Client,
        known_by: ("http.request.method", ""),
        name: "{http.request.method} *",
        always: &["http.request.method", "server.address", "server.port", "url.full"],
        sometimes: &["http.response.status_code", "http.request.resend_count", "error.type"],
    },
    Row {
        sort: "PostgreSQL statement",
        kind: Kind::Client,
        known_by: ("db.system.name", "postgresql"),
        name: "{db.query.summary}",
        always: &[
            "db.system.name",
            "db.query.summary",
            "db.query.text",
            "db.namespace",
            "server.address",
            "server.port",
        ],
        sometimes: &["db.response.returned_rows", "db.response.status_code", "error.type"],
    },
    Row {
        sort: "Redis command",
        kind: Kind::Client,
        known_by: ("db.system.name", "redis"),
        name: "{db.operation.name}",
        always: &["db.system.name", "db.operation.name", "db.namespace", "server.address", "server.port"],
        sometimes: &["db.response.status_code", "error.type"],
    },
    Row {
        sort: "wait for a connection",
        kind: Kind::Internal,
        known_by: ("db.client.connection.pool.name", ""),
        name: "pool wait",
        always: &["db.client.connection.pool.name"],
        sometimes: &["error.type"],
    },
    Row {
        sort: "mails written",
        kind: Kind::Producer,
        known_by: ("messaging.operation.type", "send"),
        name: "{messaging.operation.name} {messaging.destination.name}",
        always: &[
            "messaging.system",
            "messaging.operation.name",
            "messaging.operation.type",
            "messaging.destination.name",
        ],
        sometimes: &["messaging.batch.message_count", "error.type"],
    },
    Row {
        sort: "mail sent",
        kind: Kind::Consumer,
        known_by: ("messaging.operation.type", "process"),
        name: "{messaging.operation.name} {messaging.destination.name}",
        always: &[
            "messaging.system",
            "messaging.operation.name",
            "messaging.operation.type",
            "messaging.destination.name",
            "messaging.message.id",
            "app.mail.kind",
            "app.mail.outcome",
        ],
        sometimes: &["error.type"],
    },
    Row {
        sort: "batch of mails",
        kind: Kind::Internal,
        known_by: ("messaging.batch.message_count", ""),
        name: "mail batch",
        always: &[
            "messaging.system",
            "messaging.operation.name",
            "messaging.destination.name",
            "messaging.batch.message_count",
            "app.mail.kind",
            "app.mail.attempt",
            "app.mail.outcome",
        ],
        sometimes: &["error.type"],
    },
    Row {
        sort: "step of a smoke test",
        kind: Kind::Internal,
        known_by: ("", ""),
        name: "*",
        always: &[],
        sometimes: &["error.type"],
    },
];

impl Row {
    fn holds(&self, span: &Span) -> bool {
        let (name, value) = self.known_by;
        let known = match (name, value) {
            ("", _) => span.attributes.is_empty(),
            (name, "") => span.attributes.contains_key(name),
            (name, value) => span.attribute(name) == value,
        };
        span.kind == self.kind && known
    }

    /// What is wrong with a span of this sort.
    fn breaks(&self, span: &Span) -> Vec<String> {
        let given = span.attributes.keys().map(String::as_str);
        let missing = self.always.iter().filter(|name| span.attribute(name).is_empty());
        let missing = missing.map(|name| format!("{name} is missing"));
        let foreign = given.filter(|name| !self.always.contains(name) && !self.sometimes.contains(name));
        let foreign = foreign.map(|name| format!("{name} is not in the table"));
        let named = self.named(span);
        let wrong = match named.strip_suffix('*') {
            Some(beginning) => !span.name.starts_with(beginning),
            None => span.name != named,
        };
        let name = wrong.then(|| format!("its name is not {named}"));
        let failed = span.error.is_some() != span.attributes.contains_key("error.type");
        let failed = failed.then(|| "an error has a type, and whoever has one is an error".to_owned());
        missing.chain(foreign).chain(name).chain(failed).collect()
    }

    fn named(&self, span: &Span) -> String {
        let mut name = self.name.to_owned();
        for (attribute, value) in &span.attributes {
            // A method that HTTP does not name is none in a name either.
            let value = if value == "_OTHER" { "HTTP" } else { value };
            name = name.replace(&format!("{{{attribute}}}"), value);
        }
        name.replace(" {http.route}", "")
    }
}

/// Asks for what goes well, and for what does not.
async fn ask_around(whole: &Whole) {
    let test = whole.smoke_test().await;
    assert_eq!(test.failure, None);
    trace_of(&test).await;
    let http = platform::http::client::stack().expect("a stack");
    let brew = Method::from_bytes(b"BREW").expect("a method");
    for (part, method, path, status) in [
        (Part::Api, Method::GET, "/v1/jobs", 200),
        (Part::Api, brew, "/v1/jobs", 405),
        (Part::Api, Method::GET, "/nowhere", 404),
        (Part::Api, Method::GET, "/v1/me", 401),
        (Part::Api, Method::GET, "/v1/jobs/01890a5d-ac96-774b-bcce-b302099a8057", 404),
        (Part::Applications, Method::GET, "/v1/applications?limit=x", 401),
    ] {
        let answer = http.request(method.clone(), format!("{}{path}", whole.board.url(part))).send().await;
        assert_eq!(answer.expect("an answer").status().as_u16(), status, "{method} {path}");
    }
}

#[tokio::test]
async fn every_span_of_the_board_is_one_of_the_table() {
    let whole = Whole::start(&[]).await;
    ask_around(&whole).await;
    // What was answered last may still be on its way: the functions hand over within 5 s, and all of it when they end.
    whole.end().await;
    let spans = spans().await;
    let is_written =
        |span: &Span| spans.iter().any(|it| it.kind == Kind::Producer && Some(&it.span_id) == span.parent_id.as_ref());
    assert!(spans.iter().filter(|span| span.kind == Kind::Consumer).all(is_written), "a mail is below its writing");
    let mut breaks = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for span in &spans {
        let Some(row) = TABLE.iter().find(|row| row.holds(span)) else {
            breaks.insert(format!("{} {} is in no row: {:?}", span.kind, span.name, span.attributes));
            continue;
        };
        seen.insert(row.sort);
        breaks.extend(row.breaks(span).into_iter().map(|what| format!("{} {}: {what}", row.sort, span.name)));
    }
    assert!(breaks.is_empty(), "{breaks:#?}");
    let sorts: BTreeSet<_> = TABLE.iter().map(|row| row.sort).collect();
    assert_eq!(seen, sorts);
}
