mod leaving;
mod memory;
mod metrics_page;
mod open_files;
mod servers;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::rt::{System, spawn};
use actix_web::web::Data;
use tokio::task::JoinHandle;

use super::{AllSettings, Function, Tools};
use crate::clock::{Clock, Stopwatch};
use crate::config::Settings;
use crate::drain::{Drain, DrainSettings};
use crate::guard::rate_limits::RateLimits;
use crate::http::client;
use crate::http::fallback::Fallback;
use crate::http::routes::Own;
use crate::identity::Verifier;
use crate::postgres::Sweep;
use crate::probe::capacity::{CapacityCheck, Pools};
use crate::probe::critical::{Critical, Mark};
use crate::probe::{Check, Degraded, PostgresCheck, Readiness, Seen, Steady, prober};
use crate::redis::RedisCheck;
use crate::telemetry::Telemetry;
use crate::telemetry::log::chain;
use crate::telemetry::metric::{Build, Metrics};
use crate::watchdog::Watchdog;
use leaving::{DrainMetrics, Signals, first_to_end, leave};
use servers::{Postgres, Shared, metrics_server, public_server};

type Failure = Box<dyn Error>;

pub(super) fn live<S: Settings + Send + Sync + 'static>(
    function: Function<S>,
    settings: AllSettings<S>,
    notices: Vec<String>,
) -> ExitCode {
    let (name, limits) = (function.name, settings.drain);
    System::new().block_on(async move {
        match Process::start(function, settings) {
            Ok(process) => {
                for notice in notices {
                    tracing::warn!(notice, "a setting changes nothing");
                }
                process.run(limits).await
            }
            Err(error) => {
                eprintln!("{name}: cannot start: {}", chain(&*error));
                ExitCode::FAILURE
            }
        }
    })
}

/// A process that has started.
struct Process {
    signals: Signals,
    drain: Drain,
    telemetry: Telemetry,
    metrics: DrainMetrics,
    server: ServerHandle,
    /// Work that must not end by itself: the servers and the prober.
    vital: Vec<(&'static str, JoinHandle<()>)>,
    /// Work that ends when the process drains.
    background: Vec<(&'static str, JoinHandle<()>)>,
}

impl Process {
    fn start<S: Settings + Send + Sync + 'static>(
        function: Function<S>,
        settings: AllSettings<S>,
    ) -> Result<Self, Failure> {
        let signals = Signals::taken()?;
        let connections = open_files::raise().connections().min(memory::Available::found().connections());
        let metrics = Metrics::default();
        let version = settings.telemetry.version.clone();
        metrics.describe(Build { service: function.name, version: version.clone() });
        let telemetry = Telemetry::start(function.name, settings.telemetry, &metrics)?;
        let postgres = settings.postgres.map(|its| Postgres::new(its, settings.background, &metrics));
        let (clock, pools) = (Clock::system(), Pools::default());
        let degraded = Degraded::new(clock.clone());
        let checks = checks(&function, &settings.own, postgres.as_ref(), settings.redis.as_ref(), &pools, &degraded)?;
        let shared = Arc::new(Shared {
            own: Own { service: function.name, version, started: Stopwatch::start(), problems: function.problems },
            settings: Arc::new(settings.own),
            postgres,
            redis: settings.redis,
            verifier: settings.keys.map(|keys| Data::new(Verifier::new(keys, clock.clone()))),
            fallback: settings
                .fallback
                .map(|settings| Data::new(Fallback::new(settings, function.name, clock.clone(), &metrics))),
            readiness: Readiness::unknown(checks.iter().map(|check| check.name())),
            steady: Steady::new(function.critical.is_some()),
            mark: Mark::drawn(),
            degraded,
            drain: Drain::default(),
            metrics: metrics.clone(),
            clock,
            seen: Seen::default(),
            rate_limits: Data::new(RateLimits::new(settings.server.rate_limits, &metrics)),
            addresses: Data::new(settings.server.addresses),
            pools,
            watchdog: Watchdog::default(),
            http: client::stack()?,
        });
        if let Some(postgres) = &shared.postgres {
            shared.readiness.require("postgres breaker", postgres.breaker.clone());
        }
        shared.watchdog.start()?;
        spawn(shared.watchdog.watch("main").beat_for_ever());
        let prober = spawn(prober(checks, shared.readiness.clone(), shared.steady.clone(), metrics.clone()));
        let pulse = shared.pulse(function.name);
        let public = public_server(&shared, &function, &settings.server, settings.drain, connections)?;
        let server = public.handle();
        let mut vital = vec![
            ("prober", prober),
            ("server", spawn(async { drop(public.await) })),
            ("metrics server", spawn(metrics_server(&metrics, &settings.server)?)),
        ];
        vital.extend(pulse.map(|pulse| ("pulse", spawn(pulse))));
        vital.extend(function.critical.map(|path| {
            let (http, listen, mark) = (shared.http.clone(), settings.server.listen, shared.mark.clone());
            let critical = Critical { http, listen, path, mark };
            let asked =
                critical.ask(shared.steady.clone(), shared.degraded.clone(), metrics.of(), shared.drain.clone());
            ("critical request", spawn(asked))
        }));
        let background = start_background(&function, &shared)?;
        tracing::info!(address = %settings.server.listen, metrics = %settings.server.metrics, "listening");
        let (drain, metrics) = (shared.drain.clone(), metrics.of());
        Ok(Self { signals, drain, telemetry, metrics, server, vital, background })
    }

    async fn run(mut self, limits: DrainSettings) -> ExitCode {
        let told = tokio::select! {
            () = self.signals.first() => true,
            name = first_to_end(self.vital.iter_mut().chain(&mut self.background)) => {
                tracing::error!(task = name.0, error = name.1, "a part of the process ended: the process ends");
                false
            }
        };
        let left = tokio::select! {
            left = leave(&self.drain, &self.metrics, &self.server, &mut self.background, limits) => left,
            () = tokio::time::sleep(limits.give_up) => false,
            () = self.signals.impatient() => false,
        };
        if !left {
            tracing::error!(cut = ?self.drain.unfinished(), "the drain was given up: work in flight is cut");
        }
        self.telemetry.flush().await;
        if told && left { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn checks<S: Settings>(
    function: &Function<S>,
    own: &S,
    postgres: Option<&Postgres>,
    redis: Option<&crate::redis::RedisSettings>,
    pools: &Pools,
    degraded: &Degraded,
) -> Result<Vec<Box<dyn Check>>, Failure> {
    let mut list: Vec<Box<dyn Check>> = Vec::new();
    if let Some(Postgres { settings, breaker, .. }) = postgres.cloned() {
        let application = format!("{}/probe", function.name);
        let schema = function.schema.clone().unwrap_or_default();
        list.push(Box::new(PostgresCheck::new(&settings.database, application, schema, breaker)));
    }
    if let Some(settings) = redis {
        list.push(Box::new(RedisCheck::new(settings)?));
    }
    if postgres.is_some() {
        list.push(Box::new(CapacityCheck::new(pools.clone())));
    }
    list.extend(function.checks.map(|make| make(own, degraded)).unwrap_or_default());
    Ok(list)
}

fn start_background<S: Settings + Send + Sync + 'static>(
    function: &Function<S>,
    shared: &Shared<S>,
) -> Result<Vec<(&'static str, JoinHandle<()>)>, Failure> {
    let tools = Tools {
        settings: shared.settings.clone(),
        clock: shared.clock.clone(),
        drain: shared.drain.clone(),
        degraded: shared.degraded.clone(),
        readiness: shared.readiness.clone(),
        metrics: shared.metrics.clone(),
        http: shared.http.clone(),
        pool: shared.background_pool()?,
    };
    if let Some(pool) = &tools.pool {
        shared.pools.add(pool.look());
    }
    let own = function.background.iter().map(|(name, work)| (*name, spawn(work(tools.clone()))));
    let sweeps = tools.pool.iter().flat_map(|pool| {
        let start = |sweep: &Sweep| (sweep.table, spawn(sweep.run(pool.clone(), shared.drain.clone())));
        function.sweeps.iter().map(start)
    });
    Ok(own.chain(sweeps).collect())
}
