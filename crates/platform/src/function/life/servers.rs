//! The servers of a process, and what their threads share.

use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::{Condition, from_fn};
use actix_web::rt::spawn;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpServer};
use tracing_actix_web::TracingLogger;

use super::{Failure, metrics_page};
use crate::clock::Clock;
use crate::config::Settings;
use crate::drain::{Drain, DrainSettings};
use crate::function::Function;
use crate::guard::breaker::Breaker;
use crate::guard::quota::QuotaMetrics;
use crate::guard::rate_limits::RateLimits;
use crate::http::edge::{AddressSource, RequestMetrics, RequestSpan, around, preflight};
use crate::http::fallback::Fallback;
use crate::http::listener::Listener;
use crate::http::routes::{Own, ServerSettings, own_routes};
use crate::identity::Verifier;
use crate::postgres::{Pool, PoolSettings};
use crate::probe::capacity::Pools;
use crate::probe::critical::Mark;
use crate::probe::{Degraded, Readiness, Seen, Steady, pulse};
use crate::redis::{Redis, RedisSettings};
use crate::telemetry::metric::Metrics;
use crate::watchdog::Watchdog;

/// Connections that Prometheus may have.
pub(super) const METRICS_CONNECTIONS: usize = 32;

/// The database, and the process's one breaker before it.
#[derive(Clone)]
pub(super) struct Postgres {
    pub(super) settings: PoolSettings,
    /// Connections of the background's pool, where that is another number.
    background: Option<usize>,
    pub(super) breaker: Breaker,
}

impl Postgres {
    pub(super) fn new(settings: PoolSettings, background: Option<usize>, metrics: &Metrics) -> Self {
        let breaker = Breaker::new("postgres", settings.breaker, metrics);
        Self { settings, background, breaker }
    }
}

/// What the threads of a process share.
pub(super) struct Shared<S> {
    pub(super) settings: Arc<S>,
    pub(super) own: Own,
    pub(super) postgres: Option<Postgres>,
    pub(super) redis: Option<RedisSettings>,
    pub(super) verifier: Option<Data<Verifier>>,
    pub(super) fallback: Option<Data<Fallback>>,
    pub(super) readiness: Readiness,
    pub(super) steady: Steady,
    pub(super) mark: Mark,
    pub(super) degraded: Degraded,
    pub(super) drain: Drain,
    pub(super) metrics: Metrics,
    pub(super) clock: Clock,
    pub(super) seen: Seen,
    pub(super) rate_limits: Data<RateLimits>,
    pub(super) addresses: Data<AddressSource>,
    pub(super) pools: Pools,
    pub(super) watchdog: Watchdog,
    pub(super) http: reqwest::Client,
}

impl<S: 'static> Shared<S> {
    /// Hands a worker what it has of this.
    fn give(&self, config: &mut ServiceConfig) {
        config
            .app_data(Data::new(self.own.clone()))
            .app_data(Data::new(self.readiness.clone()))
            .app_data(Data::new(self.steady.clone()))
            .app_data(Data::new(self.mark.clone()))
            .app_data(Data::new(self.degraded.clone()))
            .app_data(Data::new(self.drain.clone()))
            .app_data(Data::new(self.metrics.clone()))
            .app_data(Data::new(self.metrics.of::<RequestMetrics>()))
            .app_data(Data::new(self.metrics.of::<QuotaMetrics>()))
            .app_data(Data::new(self.clock.clone()))
            .app_data(Data::new(self.http.clone()))
            .app_data(self.rate_limits.clone())
            .app_data(self.addresses.clone())
            .app_data(Data::from(self.settings.clone()));
        if let Some(verifier) = &self.verifier {
            config.app_data(verifier.clone());
        }
        if let Some(fallback) = &self.fallback {
            config.app_data(fallback.clone());
        }
    }

    /// A worker's pool, for requests.
    fn pool(&self) -> Result<Option<Pool>, crate::postgres::Error> {
        self.pool_of("pool", None)
    }

    /// That of work beside requests; without routes it is the only one, and has the size of such.
    pub(super) fn background_pool(&self) -> Result<Option<Pool>, crate::postgres::Error> {
        self.pool_of("background", self.postgres.as_ref().and_then(|its| its.background))
    }

    fn pool_of(&self, kind: &str, size: Option<usize>) -> Result<Option<Pool>, crate::postgres::Error> {
        let name = format!("{}/{kind}", self.own.service);
        let (postgres, seen) = (self.postgres.clone(), self.seen.clone());
        let open = |Postgres { settings, breaker, .. }: Postgres| {
            let settings = PoolSettings { size: size.unwrap_or(settings.size), ..settings };
            Pool::new(settings, name, &self.metrics, seen, breaker)
        };
        postgres.map(open).transpose()
    }

    /// What watches whether the database answers anybody, where there is one.
    pub(super) fn pulse(&self, name: &str) -> Option<impl Future<Output = ()> + use<S>> {
        let Postgres { settings, breaker, .. } = self.postgres.clone()?;
        let (seen, metrics) = (self.seen.clone(), self.metrics.of());
        Some(pulse::watch(settings.database.bounded(), format!("{name}/probe"), seen, breaker, metrics))
    }

    fn redis(&self) -> Option<Redis> {
        // That the settings fit together was seen when the prober made its own client of them.
        self.redis.as_ref().and_then(|settings| Redis::new(settings, &self.metrics).ok())
    }
}

pub(super) fn public_server<S: Settings + Send + Sync + 'static>(
    shared: &Arc<Shared<S>>,
    function: &Function<S>,
    settings: &ServerSettings,
    leaving: DrainSettings,
    connections: usize,
) -> Result<Server, Failure> {
    // Made once here so that a mistake shows before anything listens; each worker makes its own.
    shared.pool()?;
    let (routes, worker) = (function.routes, Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let factory = {
        let (shared, origins) = (shared.clone(), settings.origins.clone());
        move || {
            let number = worker.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            spawn(shared.watchdog.watch(&format!("worker {number}")).beat_for_ever());
            // Without routes of its own nobody here would use it: the background has one.
            let pool = routes.and_then(|_| shared.pool().ok().flatten());
            if let Some(pool) = pool.clone() {
                shared.pools.add(pool.look());
                spawn(pool.warm());
            }
            let redis = shared.redis();
            App::new()
                .configure(|config| {
                    shared.give(config);
                    if let Some(pool) = pool {
                        config.app_data(Data::new(pool));
                    }
                    if let Some(redis) = redis {
                        config.app_data(Data::new(redis));
                    }
                    own_routes(config);
                    if let Some(routes) = routes {
                        routes(config, &shared.settings);
                    }
                })
                .wrap(from_fn(around))
                .wrap(Condition::new(!origins.is_empty(), origins.cors()))
                .wrap(Condition::new(!origins.is_empty(), from_fn(preflight)))
                .wrap(TracingLogger::<RequestSpan>::new())
        }
    };
    let listener = Listener {
        address: settings.listen,
        workers: settings.workers,
        connections: connections / settings.workers,
        at_work: settings.at_work,
        leaving,
        metrics: shared.metrics.clone(),
        drain: shared.drain.clone(),
        origins: settings.origins.clone(),
    };
    Ok(listener.serve(factory).map_err(|error| format!("LISTEN={}: {error}", settings.listen))?)
}

pub(super) fn metrics_server(
    metrics: &Metrics,
    settings: &ServerSettings,
) -> Result<impl Future<Output = ()> + use<>, Failure> {
    let metrics = metrics.clone();
    let server =
        HttpServer::new(move || App::new().app_data(Data::new(metrics.clone())).configure(metrics_page::configure))
            .workers(1)
            .max_connections(METRICS_CONNECTIONS)
            .disable_signals()
            .bind(settings.metrics)
            .map_err(|error| format!("METRICS_LISTEN={}: {error}", settings.metrics))?
            .run();
    Ok(async { drop(server.await) })
}
