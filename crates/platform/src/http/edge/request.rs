use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};
use tracing::{Span, field};
use tracing_actix_web::RootSpanBuilder;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

use super::caching::cached;
use super::caller::{KnownCaller, within_rings};
use super::once::once;
use crate::clock::Stopwatch;
use crate::drain::Drain;
use crate::guard::deadline;
use crate::http::connection::Wrong;
use crate::http::cors::asks_for_leave;
use crate::http::fallback::Stale;
use crate::http::problem::{self, DEADLINE_EXCEEDED, INTERNAL, Kind, Problem};
use crate::http::routes::is_own_route;
use crate::probe::Steady;
use crate::probe::critical::{self, Mark};
use crate::sabotage;
use crate::telemetry::context;
use crate::telemetry::log::catching;
use crate::telemetry::metric::{
    Counter, EncodeLabelSet, Family, HistogramWithExemplars, Instruments, Registry, TraceLabels, observe_traced,
    traced_seconds,
};

/// A request that took longer is worth a warning, whatever it was answered with.
const SLOW: Duration = Duration::from_secs(1);

/// What a request was, as far as a metric may tell, by the names of the semantic conventions: never a path, only its route.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    /// `GET`, `POST` …, `_OTHER` for methods that HTTP does not name.
    http_request_method: &'static str,
    /// The route's template, `unmatched` where none matched.
    http_route: String,
    /// Status of the answer.
    http_response_status_code: u16,
}

/// Which problem answered, and where.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ProblemLabels {
    /// Its name, as its type has it: `quota-exceeded`.
    problem: &'static str,
    /// The route's template, `unmatched` where none matched.
    route: String,
}

/// What is measured with the trace that it was measured in.
type Traced = HistogramWithExemplars<TraceLabels>;

/// Measures requests.
#[derive(Clone, Debug)]
pub(crate) struct RequestMetrics {
    durations: Family<RequestLabels, Traced, fn() -> Traced>,
    problems: Family<ProblemLabels, Counter>,
}

impl Instruments for RequestMetrics {
    fn register(registry: &mut Registry) -> Self {
        let durations = Family::new_with_constructor(traced_seconds as fn() -> Traced);
        let help = "Time to answer a request";
        Self {
            durations: registry.add_standard_seconds("http_server_request_duration", help, durations),
            problems: registry.add("problems", "Answers that were problems, by type"),
        }
    }
}

impl RequestMetrics {
    /// Counts a problem that is answered before a route is looked for.
    pub(crate) fn unrouted(&self, kind: Kind) {
        self.problems.get_or_create(&ProblemLabels { problem: kind.name, route: UNMATCHED.to_owned() }).inc();
    }
}

/// In the place of a route where none matched.
const UNMATCHED: &str = "unmatched";

/// The root span of a request, in the stable semantic conventions. What people put anything into is told as far as it is
/// what it should be: a path whose route is known and whose parameters are ids or short numbers, a method of capitals; of a query
/// nothing.
#[derive(Debug)]
pub struct RequestSpan;

/// In the place of a path that may hold anything.
const REDACTED: &str = "REDACTED";

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        if is_own_route(request.path()) || Mark::is_on(request.request()) {
            return Span::none();
        }
        let (method, route) = (method(request.method()), request.match_pattern());
        let span = tracing::info_span!(
            "request",
            otel.name = name(method, route.as_deref()),
            otel.kind = "server",
            otel.status_code = field::Empty,
            http.request.method = method,
            http.request.method_original = field::Empty,
            http.route = field::Empty,
            url.scheme = scheme(request),
            url.path = route.as_deref().map_or(REDACTED, |route| plain_path(route, request.path())),
            http.response.status_code = field::Empty,
            error.type = field::Empty,
        );
        if let Some(route) = route {
            span.record("http.route", route);
        }
        if method == OTHER {
            span.record("http.request.method_original", plain_method(request.method().as_str()));
        }
        if let Some(caller) = context::from_request(request.headers()) {
            // Fails only without a tracing layer, and then there is no trace to hang below.
            let _ = span.set_parent(caller);
        }
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(answer) => answer.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", status.as_str());
        }
    }
}

/// Goes around every handler: the deadline, panics, errors as problems, the drain's `Connection: close`, the log line
/// and the metrics of each finished request.
///
/// # Errors
/// A panic and a passed deadline, as problems; every other failure is an answer already.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let drain = request.app_data::<Data<Drain>>().cloned().unwrap_or_default();
    if is_own_route(request.path()) {
        let answer = next.call(request).await;
        return answer.map(|answer| closing(cached(answer.map_into_boxed_body()), drain.begun()));
    }
    if Mark::is_on(request.request()) {
        let answer = context::unrecorded(in_time(request, next, &drain)).await;
        tell_critical(&answer);
        return answer;
    }
    let noted = Noted::of(&request);
    let _in_flight = drain.in_flight(&noted.operation);
    let wrong = request.extensions().get::<Wrong>().copied();
    let refused = wrong.map_or(Ok(()), |wrong| Err(Problem::from(wrong.kind).detail(wrong.detail)));
    if let Err(problem) = refused.and_then(|()| within_rings(request.request())) {
        let answer = Ok(closing(request.into_response(HttpResponse::from_error(problem)), drain.begun()));
        noted.finish(&answer);
        return answer;
    }
    let answer = in_time(request, next, &drain).await;
    noted.finish(&answer);
    answer
}

/// Goes around the answers that browsers get who ask for leave: `around` does not hear of them, and they are to be noted,
/// kept by nobody and, where they are refusals, problems as all others are.
pub(crate) async fn preflight<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !asks_for_leave(request.method(), request.headers()) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let drain = request.app_data::<Data<Drain>>().cloned().unwrap_or_default();
    // That leave was given says nothing of whether the function can work.
    let noted = Noted { steady: None, ..Noted::of(&request) };
    let answer = next.call(request).await.map(|answer| {
        let mut answer = as_problem(answer.map_into_boxed_body());
        answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        closing(answer, drain.begun())
    });
    noted.finish(&answer);
    answer
}

/// The handler's answer within its time, or the problem that it ended with.
async fn in_time<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    drain: &Drain,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let answer = match deadline::request(deadline::REQUEST, answered(request, next)).await {
        Ok(Ok(answer)) => Ok(closing(cached(as_problem(answer)), drain.begun())),
        Ok(Err(place)) => Err(Problem::from(INTERNAL).because_text(place)),
        Err(late) => Err(Problem::from(DEADLINE_EXCEEDED).because(&late).retry_after(Duration::from_secs(1))),
    };
    answer.map_err(|problem| Error::from(problem.last_of_connection()))
}

/// The critical request has no line of its own, but when it fails somebody must hear why.
fn tell_critical(answer: &Result<ServiceResponse<BoxBody>, Error>) {
    let (error, stale) = match answer {
        Ok(answer) => (answer.response().error(), stale(answer)),
        Err(error) => (Some(error), None),
    };
    let problem = error.and_then(|error| error.as_error::<Problem>());
    let told = problem.map(|problem| (problem.kind().name, problem.to_string()));
    if let Some((class, error)) = told.or_else(|| stale.map(|stale| ("stale", stale.cause))) {
        critical::tell_failed(class, &error);
    }
}

fn stale(answer: &ServiceResponse<BoxBody>) -> Option<Stale> {
    answer.response().extensions().get::<Stale>().cloned()
}

/// The handler's answer, or where it panicked.
async fn answered<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, String> {
    // A clone of the request would be in the router's way, so an error of a handler, which has none, has to be caught
    // further in: handlers and extractors answer their errors themselves, and only this crate's middleware fails.
    let mut work = pin!(async move { next.call(request).await });
    std::future::poll_fn(|waker| match catching(|| work.as_mut().poll(waker)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(Ok(answer))) => Poll::Ready(Ok(answer.map_into_boxed_body())),
        Ok(Poll::Ready(Err(error))) => Poll::Ready(Err(error.to_string())),
        Err(place) => Poll::Ready(Err(place)),
    })
    .await
}

/// What is noted of a request, and told once it is finished.
struct Noted {
    method: &'static str,
    route: String,
    operation: String,
    caller: KnownCaller,
    metrics: Option<Data<RequestMetrics>>,
    steady: Option<Data<Steady>>,
    watch: Stopwatch,
}

impl Noted {
    fn of(request: &ServiceRequest) -> Self {
        let (method, route) = (method(request.method()), route(request.request()));
        let caller = KnownCaller::default();
        request.extensions_mut().insert(caller.clone());
        let (metrics, steady) = (request.app_data().cloned(), request.app_data().cloned());
        let operation = format!("{method} {route}");
        Self { method, operation, route, caller, metrics, steady, watch: Stopwatch::start() }
    }

    fn finish(self, answer: &Result<ServiceResponse<BoxBody>, Error>) {
        let took = self.watch.elapsed();
        let (status, error) = match answer {
            Ok(answer) => (answer.status(), answer.response().error()),
            Err(error) => (error.as_response_error().status_code(), Some(error)),
        };
        let stale = answer.as_ref().ok().and_then(stale);
        let problem = error.and_then(|error| error.as_error::<Problem>());
        self.log(status.as_u16(), problem, stale.as_ref(), took);
        if let Some(stale) = stale {
            stale.count(&self.route);
        }
        if let Some(steady) = self.steady {
            steady.answered(status.as_u16());
        }
        if let Some(metrics) = self.metrics {
            if let Some(problem) = problem.map(|problem| problem.kind().name) {
                metrics.problems.get_or_create(&ProblemLabels { problem, route: self.route.clone() }).inc();
            }
            let labels = RequestLabels {
                http_request_method: self.method,
                http_route: self.route,
                http_response_status_code: status.as_u16(),
            };
            observe_traced(&metrics.durations.get_or_create(&labels), took.as_secs_f64(), &context::current());
        }
    }

    /// One line for each finished request; a failure adds fields to it, also one that a stale answer stood in for.
    fn log(&self, status: u16, problem: Option<&Problem>, stale: Option<&Stale>, took: Duration) {
        let operation = self.operation.as_str();
        let user_id = self.caller.0.get().map(|caller| caller.0.to_string());
        let (user_id, duration_ms) = (user_id.as_deref(), took.as_secs_f64() * 1_000.0);
        if problem::is_failure(status) {
            let error = problem.map_or_else(|| "answered with a failure and no cause".to_owned(), ToString::to_string);
            tracing::error!(operation, status, user_id, error, duration_ms, "request");
        } else {
            let problem = problem.map(|problem| problem.kind().name);
            let (stale_s, error) = (stale.map(|stale| stale.age_s), stale.map(|stale| stale.cause.as_str()));
            if took > SLOW && !sabotage::takes_out("slow requests told") {
                tracing::warn!(operation, status, user_id, problem, stale_s, error, duration_ms, "request");
            } else {
                tracing::info!(operation, status, user_id, problem, stale_s, error, duration_ms, "request");
            }
        }
    }
}

/// Errors that actix-web answered by itself become problems; its headers, such as `Allow`, are kept.
fn as_problem(answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = answer.status();
    // Plain text, or nothing, is what actix-web says by itself; anything else a handler chose.
    let media_type = once(answer.headers().get_all(header::CONTENT_TYPE)).ok().flatten();
    let media_type = media_type.and_then(|value| value.to_str().ok());
    let chosen = media_type.is_some_and(|name| !name.starts_with("text/plain"));
    if chosen || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let allow: Vec<_> = answer.headers().get_all(header::ALLOW).cloned().collect();
    let request = answer.request().clone();
    let mut response = HttpResponse::from_error(problem_of(status.as_u16()));
    for allow in allow {
        response.headers_mut().append(header::ALLOW, allow);
    }
    ServiceResponse::new(request, response)
}

fn problem_of(status: u16) -> Problem {
    match status {
        // Of several of one status the one that says least.
        400 => problem::BAD_REQUEST,
        status => {
            let known = problem::ALL.iter().find(|kind| kind.status == status).copied();
            known.unwrap_or(if status >= 500 { INTERNAL } else { problem::BAD_REQUEST })
        }
    }
    .into()
}

/// During a drain every answer ends its connection, so that no client sends a request into a closed one.
fn closing(mut answer: ServiceResponse<BoxBody>, draining: bool) -> ServiceResponse<BoxBody> {
    if draining && !sabotage::takes_out("connection close") {
        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    answer
}

/// What a span is called: `HTTP` for a method that is none, and no path where no route has it.
fn name(method: &'static str, route: Option<&str>) -> String {
    let method = if method == OTHER { "HTTP" } else { method };
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

/// A path as it was given, if ids or short numbers stand in the place of its route's parameters.
fn plain_path<'a>(route: &str, path: &'a str) -> &'a str {
    let is_number = |text: &str| text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = |text: &str| is_number(text) || (text.len() == 36 && Uuid::try_parse(text).is_ok());
    let (names, given) = (route.split('/'), path.split('/'));
    let is_plain = names.clone().count() == given.clone().count()
        && names.zip(given).all(|(name, given)| name == given || (name.starts_with('{') && is_id(given)));
    if is_plain { path } else { REDACTED }
}

/// A method as it was given, if it looks like one.
fn plain_method(method: &str) -> &str {
    let is_plain = method.len() <= 16 && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_plain { method } else { REDACTED }
}

/// As the caller spoke to whoever stands before us, who says so.
fn scheme(request: &ServiceRequest) -> &'static str {
    let told = once(request.headers().get_all("x-forwarded-proto")).ok().flatten();
    if told.is_some_and(|scheme| scheme == "https") { "https" } else { "http" }
}

/// In the place of a method that HTTP does not name.
const OTHER: &str = "_OTHER";

/// The methods that HTTP names; any other text would make a label of its own each time.
fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

fn route(request: &HttpRequest) -> String {
    request.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_where_its_parameters_are_ids_or_numbers() {
        let (route, id) = ("/v1/jobs/{id}/applications", "01890a5d-ac96-774b-bcce-b302099a8057");
        for path in [format!("/v1/jobs/{id}/applications"), "/v1/jobs/7/applications".to_owned()] {
            assert_eq!(plain_path(route, &path), path);
        }
        for given in
            ["ada@example.org", "ada", "a/b", "078-05-1120", "4111111111111111", "5f4dcc3b5aa765d61d8327deb882cf99"]
        {
            assert_eq!(plain_path(route, &format!("/v1/jobs/{given}/applications")), REDACTED, "{given}");
        }
        assert_eq!(plain_path("/v1/me", "/v1/me"), "/v1/me");
    }

    #[test]
    fn a_method_is_told_where_it_looks_like_one() {
        assert_eq!((plain_method("BREW"), plain_method("ada@example.org")), ("BREW", REDACTED));
        assert_eq!(plain_method("GET-AND-A-SECRET"), REDACTED);
    }
}
