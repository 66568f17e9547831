//! The smallest function: it asks for nothing, answers a few requests, and fails in the ways that it is told to. No
//! product binary has such switches; this one has them so that tests see how `platform` takes each failure.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{Bytes, Data, Json, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use platform::config::{Reader, Settings, setting};
use platform::function::{Function, Tools};
use platform::http::client::{Call, Client, Method as Sent};
use platform::http::edge::{Body, choice};
use platform::http::problem::Problem;
use platform::http::routes::{on, resource};
use platform::probe::Check;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;
use url::Url;
use uuid::Uuid;

fn main() -> ExitCode {
    Function::<BareSettings>::named("bare_function", "answers a little, and fails when it is told to")
        .routes(routes)
        .checks(|settings, _| vec![Box::new(Switch { first: Some(settings.first_round) })])
        .background("waiter", wait)
        .run()
}

struct BareSettings {
    first_round: Duration,
    linger: Duration,
}

impl Settings for BareSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let about = setting("FIRST_ROUND_S", "how long the check hangs when it is first asked");
        let first_round = from.seconds(about, 0.0..=60.0, 0.0);
        let about = setting("LINGER_S", "how long the background goes on when the drain has begun");
        let linger = from.seconds(about, 0.0..=60.0, 0.0);
        Some(Self { first_round: first_round?, linger: linger? })
    }
}

fn routes(config: &mut ServiceConfig, _: &BareSettings) {
    config
        .service(resource("/work/{ms}", [on(Method::GET, work)]))
        .service(resource("/bytes/{count}", [on(Method::GET, bytes)]))
        .service(resource("/echo", [on(Method::POST, echo)]))
        .service(resource("/relay", [on(Method::POST, relay)]))
        .service(resource("/caller", [on(Method::POST, caller)]))
        .service(resource("/length", [on(Method::POST, length)]))
        .service(resource("/things/{id}", [on(Method::GET, thing)]))
        .service(resource("/panic", [on(Method::GET, panic)]))
        .service(resource("/wedge-worker", [on(Method::GET, wedge_worker)]))
        .service(resource("/wedge-main", [on(Method::GET, async || tell_prober(WEDGE))]))
        .service(resource("/end-prober", [on(Method::GET, async || tell_prober(PANIC))]))
        .service(resource("/end-background/{how}", [on(Method::GET, end_background)]));
}

async fn work(ms: Path<u64>) -> HttpResponse {
    tokio::time::sleep(Duration::from_millis(*ms)).await;
    HttpResponse::Ok().json(json!({ "worked_ms": *ms }))
}

async fn bytes(count: Path<usize>) -> HttpResponse {
    HttpResponse::Ok().body(vec![b'x'; *count])
}

async fn echo(Body(mut fields): Body) -> Result<HttpResponse, Problem> {
    let text = fields.required("text", choice::<String>("a text"));
    let text = fields.finish(text)?;
    Ok(HttpResponse::Ok().json(json!({ "text": text })))
}

/// Calls others, as the harness of W3C Trace Context has it: each address with its arguments. Answers with what they did.
async fn relay(calls: Json<Vec<Relayed>>, http: Data<reqwest::Client>) -> HttpResponse {
    let mut answers = Vec::new();
    for Relayed { url, arguments } in calls.into_inner() {
        let path = url.path().to_owned();
        let Ok(base) = url.join("/") else { return HttpResponse::BadRequest().finish() };
        let call = Relay { path, arguments };
        let Ok(answer) = Client::new(http.get_ref().clone(), base).send(&call).await else {
            return HttpResponse::BadGateway().finish();
        };
        answers.push(answer);
    }
    HttpResponse::Ok().json(answers)
}

/// Tells the trace that its caller gave along.
async fn caller(request: HttpRequest) -> HttpResponse {
    let given = |name: &str| {
        let values = request.headers().get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.collect::<Vec<_>>().join(",")
    };
    HttpResponse::Ok().json(json!({ "traceparent": given("traceparent"), "tracestate": given("tracestate") }))
}

#[derive(Deserialize)]
struct Relayed {
    url: Url,
    arguments: Value,
}

struct Relay {
    path: String,
    arguments: Value,
}

impl Call for Relay {
    type Answer = Value;
    const METHOD: Sent = Sent::POST;
    const ROUTE: &'static str = "/{path}";

    fn path(&self) -> String {
        self.path.clone()
    }

    fn body(&self) -> Option<Value> {
        Some(self.arguments.clone())
    }
}

/// Takes its body as it comes, without `platform`'s bounds.
async fn length(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "length": body.len() }))
}

async fn thing(id: Path<Uuid>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "id": *id }))
}

async fn panic() -> HttpResponse {
    panic!("a message with a secret in it")
}

async fn wedge_worker() -> HttpResponse {
    wedge()
}

fn wedge() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3_600));
    }
}

/// What the prober was told: nothing, or one of these.
static PROBER: AtomicU8 = AtomicU8::new(0);
const WEDGE: u8 = 1;
const PANIC: u8 = 2;

fn tell_prober(what: u8) -> impl Responder + use<> {
    PROBER.store(what, Ordering::Relaxed);
    HttpResponse::Accepted()
}

struct Switch {
    first: Option<Duration>,
}

impl Check for Switch {
    fn name(&self) -> &'static str {
        "switch"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        let hang = self.first.take().unwrap_or_default();
        async move {
            tokio::time::sleep(hang).await;
            match PROBER.load(Ordering::Relaxed) {
                WEDGE => wedge(),
                PANIC => panic!("told to"),
                _ => Ok(()),
            }
        }
        .boxed_local()
    }
}

static END: Notify = Notify::const_new();
static HOW: OnceLock<String> = OnceLock::new();

async fn end_background(how: Path<String>) -> HttpResponse {
    HOW.get_or_init(|| how.into_inner());
    END.notify_one();
    HttpResponse::Accepted().finish()
}

async fn wait(tools: Tools<BareSettings>) {
    tokio::select! {
        () = tools.drain.wait() => {
            tokio::time::sleep(tools.settings.linger).await;
            tracing::info!("the background ends with the drain");
        }
        () = END.notified() => assert!(HOW.get().is_none_or(|how| how != "panic"), "told to"),
    }
}
