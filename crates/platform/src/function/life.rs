use std::error::Error;
use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::rt::{
    System,
    signal::unix::{SignalKind, signal},
    spawn,
};
use actix_web::web::Data;
use actix_web::{App, HttpResponse, HttpServer, web};
use tokio::task::JoinHandle;
use tracing_actix_web::TracingLogger;

use super::{AllSettings, Function, Tools};
use crate::clock::{Clock, Stopwatch};
use crate::config::Settings;
use crate::drain::{Drain, DrainSettings, Phase};
use crate::guard::deadline;
use crate::http::client;
use crate::http::edge::{RequestSpan, around};
use crate::http::server::{Own, ServerSettings, own_routes};
use crate::identity::Verifier;
use crate::postgres::{Pool, PostgresSettings};
use crate::probe::{Check, PostgresCheck, Seen, Verdicts, prober};
use crate::redis::RedisCheck;
use crate::telemetry::Telemetry;
use crate::telemetry::metric::Metrics;
use crate::watchdog::Watchdog;

type Failure = Box<dyn Error>;

/// How long an idle connection is kept: well above the 4 s for which Fly's proxy keeps its own.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

pub(super) fn live<S: Settings + Send + Sync + 'static>(function: Function<S>, settings: AllSettings<S>) -> ExitCode {
    let (name, limits) = (function.name, settings.drain);
    System::new().block_on(async move {
        match Process::start(function, settings) {
            Ok(process) => process.run(limits).await,
            Err(error) => {
                eprintln!("{name}: cannot start: {error}");
                ExitCode::FAILURE
            }
        }
    })
}

/// A process that has started.
struct Process {
    drain: Drain,
    telemetry: Telemetry,
    metrics: Metrics,
    server: ServerHandle,
    /// Work that must not end by itself: the servers and the prober.
    vital: Vec<(&'static str, JoinHandle<()>)>,
    /// Work that ends when the process drains.
    background: Vec<(&'static str, JoinHandle<()>)>,
}

/// What the threads of a process share.
struct Shared<S> {
    settings: Arc<S>,
    own: Own,
    postgres: Option<PostgresSettings>,
    verifier: Option<Data<Verifier>>,
    verdicts: Verdicts,
    drain: Drain,
    metrics: Metrics,
    clock: Clock,
    seen: Seen,
    watchdog: Watchdog,
    http: reqwest::Client,
}

impl<S> Shared<S> {
    fn pool(&self, kind: &str) -> Result<Option<Pool>, crate::postgres::Error> {
        let name = format!("{}/{kind}", self.own.service);
        let (metrics, seen) = (self.metrics.clone(), self.seen.clone());
        self.postgres.clone().map(|settings| Pool::new(settings, name, metrics, seen)).transpose()
    }
}

impl Process {
    fn start<S: Settings + Send + Sync + 'static>(
        function: Function<S>,
        settings: AllSettings<S>,
    ) -> Result<Self, Failure> {
        raise_open_files();
        let metrics = Metrics::default();
        let version = settings.telemetry.version.clone();
        let telemetry = Telemetry::start(function.name, settings.telemetry, &metrics)?;
        let checks = checks(&function, &settings.own, settings.postgres.as_ref(), settings.redis.as_ref())?;
        let (clock, seen) = (Clock::system(), checks.seen);
        let shared = Arc::new(Shared {
            own: Own { service: function.name, version, started: Stopwatch::start(), problems: function.problems },
            settings: Arc::new(settings.own),
            postgres: settings.postgres,
            verifier: settings.keys.map(|keys| Data::new(Verifier::new(keys, clock.clone()))),
            verdicts: Verdicts::unknown(checks.list.iter().map(|check| check.name())),
            drain: Drain::default(),
            metrics: metrics.clone(),
            clock,
            seen,
            watchdog: Watchdog::default(),
            http: client::stack()?,
        });
        shared.watchdog.start()?;
        spawn(shared.watchdog.watch("main").beat_for_ever());
        let prober = spawn(prober(checks.list, shared.verdicts.clone(), metrics.clone()));
        let public = public_server(&shared, &function, &settings.server, settings.drain.in_flight)?;
        let server = public.handle();
        let vital = vec![
            ("prober", prober),
            ("server", spawn(async { drop(public.await) })),
            ("metrics server", spawn(metrics_server(&metrics, &settings.server)?)),
        ];
        let background = start_background(&function, &shared)?;
        tracing::info!(address = %settings.server.listen, metrics = %settings.server.metrics, "listening");
        Ok(Self { drain: shared.drain.clone(), telemetry, metrics, server, vital, background })
    }

    async fn run(mut self, limits: DrainSettings) -> ExitCode {
        let told = tokio::select! {
            () = a_signal() => true,
            name = first_to_end(self.vital.iter_mut().chain(&mut self.background)) => {
                tracing::error!(task = name.0, error = name.1, "a part of the process ended: the process ends");
                false
            }
        };
        let left = tokio::select! {
            left = leave(&self.drain, &self.metrics, &self.server, &mut self.background, limits) => left,
            () = tokio::time::sleep(limits.give_up) => false,
            () = a_signal() => false,
        };
        if !left {
            tracing::error!(cut = ?self.drain.unfinished(), "the drain was given up: work in flight is cut");
        }
        self.telemetry.flush().await;
        if told && left { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Serves on for a while, then stops taking connections and waits for what is in flight; false when a request was
/// still at work after its time.
async fn leave(
    drain: &Drain,
    metrics: &Metrics,
    server: &ServerHandle,
    background: &mut Vec<(&'static str, JoinHandle<()>)>,
    limits: DrainSettings,
) -> bool {
    tracing::info!(lame_duck_s = limits.lame_duck.as_secs_f64(), "draining");
    drain.advance(Phase::LameDuck);
    metrics.drain.set(1);
    tokio::time::sleep(limits.lame_duck).await;
    drain.advance(Phase::Closing);
    metrics.drain.set(2);
    let ended = async {
        // One that ended is why the process does; it must not be asked again.
        for (_, task) in background.drain(..).filter(|(_, task)| !task.is_finished()) {
            // How it ended is of no interest any more.
            let _ = task.await;
        }
    };
    let ended = async {
        if tokio::time::timeout(limits.in_flight, ended).await.is_err() {
            tracing::warn!("background work did not end in time");
        }
    };
    let outlived = async {
        tokio::time::sleep(limits.in_flight).await;
        // Without work in flight the server only takes its time to close.
        if drain.unfinished().is_empty() {
            pending::<()>().await;
        }
    };
    tokio::select! {
        _ = futures_util::future::join(server.stop(true), ended) => true,
        () = outlived => false,
    }
}

/// Waits for SIGTERM or SIGINT.
async fn a_signal() {
    let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("signals cannot be taken: the process can only be killed");
        return pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Waits until any of these tasks ends, and says which and how.
async fn first_to_end<'a>(
    tasks: impl Iterator<Item = &'a mut (&'static str, JoinHandle<()>)>,
) -> (&'static str, &'static str) {
    let ends = tasks.map(|(name, task)| {
        Box::pin(async move {
            let how = if task.await.is_ok() { "it returned" } else { "it panicked" };
            (*name, how)
        })
    });
    futures_util::future::select_all(ends).await.0
}

struct Checks {
    list: Vec<Box<dyn Check>>,
    seen: Seen,
}

fn checks<S: Settings>(
    function: &Function<S>,
    own: &S,
    postgres: Option<&PostgresSettings>,
    redis: Option<&crate::redis::RedisSettings>,
) -> Result<Checks, Failure> {
    let seen = Seen::default();
    let mut list: Vec<Box<dyn Check>> = Vec::new();
    if let Some(settings) = postgres {
        let application = format!("{}/probe", function.name);
        list.push(Box::new(PostgresCheck::new(settings.clone(), application, seen.clone())));
    }
    if let Some(settings) = redis {
        list.push(Box::new(RedisCheck::new(settings)?));
    }
    list.extend(function.checks.map(|make| make(own)).unwrap_or_default());
    Ok(Checks { list, seen })
}

fn start_background<S: Settings + Send + Sync + 'static>(
    function: &Function<S>,
    shared: &Shared<S>,
) -> Result<Vec<(&'static str, JoinHandle<()>)>, Failure> {
    let tools = Tools {
        settings: shared.settings.clone(),
        clock: shared.clock.clone(),
        drain: shared.drain.clone(),
        metrics: shared.metrics.clone(),
        http: shared.http.clone(),
        pool: shared.pool("background")?,
    };
    Ok(function.background.iter().map(|(name, work)| (*name, spawn(work(tools.clone())))).collect())
}

fn public_server<S: Settings + Send + Sync + 'static>(
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
        // Later than our own bound, which names what it cuts.
        .shutdown_timeout(in_flight.as_secs() + 2)
        .bind(settings.listen)
        .map_err(|error| format!("LISTEN={}: {error}", settings.listen))?
        .run();
    Ok(server)
}

fn metrics_server(metrics: &Metrics, settings: &ServerSettings) -> Result<impl Future<Output = ()> + use<>, Failure> {
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

/// A process may open as many files as the system lets it: each connection is one.
fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Refused only where the limit is what it is already.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
