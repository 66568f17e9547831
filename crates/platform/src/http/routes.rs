//! What every function answers beside its own routes, and the table of a function's routes.

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{Handler, HttpResponse, Resource, Responder, Route, guard};
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::Stopwatch;
use crate::config::{Reader, Settings, setting};
use crate::drain::Drain;
use crate::guard::overload;
use crate::guard::rate_limits::RateLimitSettings;
use crate::http::cors::AllowedOrigins;
use crate::http::edge::{AddressSource, Query, public};
use crate::http::problem::{self, Kind, METHOD_NOT_ALLOWED, NOT_FOUND, Problem};
use crate::probe::{Degraded, Readiness, Report, Steady, steady};
use crate::sabotage;

/// How the server listens.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where requests come in.
    pub listen: std::net::SocketAddr,
    /// Where Prometheus asks.
    pub metrics: std::net::SocketAddr,
    /// Threads that answer. More capacity is more machines.
    pub workers: usize,
    /// Requests that each of them works at.
    pub at_work: usize,
    /// Requests that callers may send.
    pub rate_limits: RateLimitSettings,
    /// Who says where they come from.
    pub addresses: AddressSource,
    /// Whose pages may ask.
    pub origins: AllowedOrigins,
}

impl Settings for ServerSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let wanted = "an address and port such as [::]:8080";
        let listen = from.default(setting("LISTEN", "where requests come in"), wanted, "[::]:8080");
        let metrics = from.default(setting("METRICS_LISTEN", "where Prometheus asks"), wanted, "[::]:9091");
        let workers = from.count(setting("WORKERS", "threads that answer requests"), 1..=64, 1);
        let at_work = overload::read(from);
        let (rate_limits, addresses) = (RateLimitSettings::read(from), AddressSource::read(from));
        let origins = AllowedOrigins::read(from);
        Some(Self {
            listen: listen?,
            metrics: metrics?,
            workers: workers?,
            at_work: at_work?,
            rate_limits: rate_limits?,
            addresses: addresses?,
            origins: origins?,
        })
    }
}

/// What each process says of itself.
#[derive(Clone, Debug)]
pub struct Own {
    /// Name of the function.
    pub service: &'static str,
    /// The commit that runs.
    pub version: String,
    /// Since when.
    pub started: Stopwatch,
    /// Problems of the function's own, beside those of `platform`.
    pub problems: &'static [Kind],
}

const OWN_ROUTES: [&str; 6] = ["/healthz", "/health", "/readyz", "/ready", "/routable", "/version"];

/// Whether a path is one of the probes': those have no span, no line and no place among what is in flight.
#[must_use]
pub fn is_own_route(path: &str) -> bool {
    OWN_ROUTES.contains(&path)
}

/// The routes that every function has.
pub fn own_routes(config: &mut ServiceConfig) {
    for path in ["/healthz", "/health"] {
        config.service(resource(path, [on(Method::GET, healthz)]));
    }
    for path in ["/readyz", "/ready"] {
        config.service(resource(path, [on(Method::GET, readyz)]));
    }
    config.service(resource("/routable", [on(Method::GET, routable)]));
    config.service(resource("/version", [on(Method::GET, version)]));
    config.service(resource("/problems/{name}", [on(Method::GET, problem_page)]));
    config.default_service(web::to(|| async { HttpResponse::from_error(Problem::from(NOT_FOUND)) }));
}

/// A row of a function's table of routes: what this path answers, and to which methods. Any other method is refused
/// with the list of those that exist.
pub fn resource(path: &str, routes: impl IntoIterator<Item = (Method, Route)>) -> Resource {
    let (mut resource, mut allow) = (web::resource(path), Vec::new());
    for (method, route) in routes {
        allow.push(method.to_string());
        if method == Method::GET {
            allow.push(Method::HEAD.to_string());
        }
        resource = resource.route(route);
    }
    let allow = allow.join(", ");
    resource.default_service(web::to(move || {
        let mut answer = HttpResponse::from_error(Problem::from(METHOD_NOT_ALLOWED));
        if let Ok(value) = allow.parse() {
            answer.headers_mut().insert(ALLOW, value);
        }
        std::future::ready(answer)
    }))
}

/// A cell of that row. What answers to GET answers to HEAD, too, as RFC 9110 has it: the server leaves the body out.
pub fn on<F, Args>(method: Method, handler: F) -> (Method, Route)
where
    F: Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = if method == Method::GET {
        web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
    } else {
        web::method(method.clone())
    };
    (method, route.to(handler))
}

async fn healthz(own: Data<Own>) -> HttpResponse {
    let uptime = own.started.elapsed().as_secs();
    HttpResponse::Ok().json(json!({ "status": "ok", "uptime_s": uptime, "version": own.version }))
}

/// The whole body of `/readyz`.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    report: Report,
    /// What is not as it should be, and does not count.
    degraded: Vec<String>,
    /// Why it has not been well for as long as was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsteady: Option<Vec<String>>,
}

async fn readyz(
    Query(mut asked): Query,
    (readiness, steady): (Data<Readiness>, Data<Steady>),
    drain: Data<Drain>,
    degraded: Data<Degraded>,
) -> Result<HttpResponse, Problem> {
    let seconds = asked.optional("steady", seconds);
    let seconds = asked.finish(seconds)?;
    let unsteady = seconds.map(|seconds| steady.unsteady_because(seconds));
    let told = Told { report: readiness.report(drain.begun()), degraded: degraded.told(), unsteady };
    let good = told.report.ready && told.unsteady.iter().all(Vec::is_empty);
    Ok(if good { HttpResponse::Ok().json(told) } else { HttpResponse::ServiceUnavailable().json(told) })
}

/// How long a process must have been well: `10s`.
fn seconds(value: &Value) -> Result<u64, String> {
    let number = value.as_str().and_then(|text| text.strip_suffix('s')).and_then(|number| number.parse().ok());
    let wanted = || format!("wanted whole seconds such as 10s, from 1s to {}s", steady::LONGEST_S);
    number.filter(|number| (1..=steady::LONGEST_S).contains(number)).ok_or_else(wanted)
}

async fn routable(readiness: Data<Readiness>, drain: Data<Drain>) -> HttpResponse {
    match readiness.unroutable_because(drain.begun() && !sabotage::takes_out("unroutable drain")) {
        None => HttpResponse::Ok().json(json!({ "status": "routable" })),
        Some(reason) => HttpResponse::ServiceUnavailable().json(json!({ "status": "unroutable", "reason": reason })),
    }
}

async fn version(own: Data<Own>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "service": own.service, "version": own.version }))
}

async fn problem_page(name: Path<String>, own: Data<Own>) -> HttpResponse {
    let known = problem::ALL.iter().chain(own.problems).find(|kind| kind.name == *name);
    let Some(kind) = known else { return HttpResponse::from_error(Problem::from(NOT_FOUND)) };
    public(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>Status {status}, type <code>/problems/{name}</code></p><p>{about}</p></html>\n",
        title = kind.title,
        status = kind.status,
        name = kind.name,
        about = kind.about,
    )))
}
