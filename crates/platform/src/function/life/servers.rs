//! The servers of a process, and what their threads share.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::rt::spawn;
use actix_web::web::Data;
use actix_web::{App, HttpResponse, HttpServer, web};
use tracing_actix_web::TracingLogger;

use super::Failure;
use crate::clock::Clock;
use crate::config::Settings;
use crate::drain::Drain;
use crate::function::Function;
use crate::guard::deadline;
use crate::http::edge::{RequestSpan, around};
use crate::http::server::{Own, ServerSettings, own_routes};
use crate::identity::Verifier;
use crate::postgres::{Pool, PostgresSettings};
use crate::probe::{Seen, Verdicts};
use crate::telemetry::metric::Metrics;
use crate::watchdog::Watchdog;

/// How long an idle connection is kept: well above the 4 s for which Fly's proxy keeps its own.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// What the threads of a process share.
pub(super) struct Shared<S> {
    pub(super) settings: Arc<S>,
    pub(super) own: Own,
    pub(super) postgres: Option<PostgresSettings>,
    pub(super) verifier: Option<Data<Verifier>>,
    pub(super) verdicts: Verdicts,
    pub(super) drain: Drain,
    pub(super) metrics: Metrics,
    pub(super) clock: Clock,
    pub(super) seen: Seen,
    pub(super) watchdog: Watchdog,
    pub(super) http: reqwest::Client,
}

impl<S> Shared<S> {
    pub(super) fn pool(&self, kind: &str) -> Result<Option<Pool>, crate::postgres::Error> {
        let name = format!("{}/{kind}", self.own.service);
        let (metrics, seen) = (self.metrics.clone(), self.seen.clone());
        self.postgres.clone().map(|settings| Pool::new(settings, name, metrics, seen)).transpose()
    }
}

pub(super) fn public_server<S: Settings + Send + Sync + 'static>(
    shared: &Arc<Shared<S>>,
    function: &Function<S>,
    settings: &ServerSettings,
    in_flight: Duration,
) -> Result<Server, Failure> {
    // Made once here so that a mistake shows before anything listens; each worker makes its own.
    shared.pool("pool")?;
    let (routes, worker) = (function.routes, Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let factory = {
        let shared = shared.clone();
        move || {
            let number = worker.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            spawn(shared.watchdog.watch(&format!("worker {number}")).beat_for_ever());
            let pool = shared.pool("pool").ok().flatten();
            if let Some(pool) = pool.clone() {
                spawn(pool.warm());
            }
            App::new()
                .configure(|config| {
                    config
                        .app_data(Data::new(shared.own.clone()))
                        .app_data(Data::new(shared.verdicts.clone()))
                        .app_data(Data::new(shared.drain.clone()))
                        .app_data(Data::new(shared.metrics.clone()))
                        .app_data(Data::new(shared.clock.clone()))
                        .app_data(Data::new(shared.http.clone()))
                        .app_data(Data::from(shared.settings.clone()));
                    if let Some(pool) = pool {
                        config.app_data(Data::new(pool));
                    }
                    if let Some(verifier) = &shared.verifier {
                        config.app_data(verifier.clone());
                    }
                    own_routes(config);
                    if let Some(routes) = routes {
                        routes(config, &shared.settings);
                    }
                })
                .wrap(from_fn(around))
                .wrap(TracingLogger::<RequestSpan>::new())
        }
    };
    let server = HttpServer::new(factory)
        .workers(settings.workers)
        .disable_signals()
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(deadline::REQUEST)
        // A client that hangs up has gone away: its request is dropped, and its query with it.
        .h1_allow_half_closed(false)
        // Later than our own bound, which tells what it cuts from what has nothing to lose.
        .shutdown_timeout(in_flight.as_secs() + 2)
        .bind(settings.listen)
        .map_err(|error| format!("LISTEN={}: {error}", settings.listen))?
        .run();
    Ok(server)
}

pub(super) fn metrics_server(
    metrics: &Metrics,
    settings: &ServerSettings,
) -> Result<impl Future<Output = ()> + use<>, Failure> {
    let metrics = metrics.clone();
    let answer = move |metrics: Data<Metrics>| async move {
        HttpResponse::Ok()
            .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
            .body(metrics.text())
    };
    let server = HttpServer::new(move || {
        App::new().app_data(Data::new(metrics.clone())).route("/metrics", web::get().to(answer))
    })
    .workers(1)
    .disable_signals()
    .bind(settings.metrics)
    .map_err(|error| format!("METRICS_LISTEN={}: {error}", settings.metrics))?
    .run();
    Ok(async { drop(server.await) })
}
