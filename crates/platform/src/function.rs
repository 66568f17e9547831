//! The life of a function: settings, telemetry, prober, server, background work, and the way out.
//!
//! The order has reasons. Settings come first, because a wrong one must end the process before it listens. Telemetry
//! comes next, so that everything after it is seen. The prober starts before the server, and the server does not wait
//! for it: a process whose dependencies are away is alive and routable, and says that it is not ready. Signals,
//! prober, background work, export and the watchdog's main heart live on the main thread; requests live on workers.

mod life;
mod tools;

use std::process::ExitCode;

use actix_web::web::ServiceConfig;
use futures_util::future::{FutureExt as _, LocalBoxFuture};

pub use tools::Tools;

use crate::config::{Checked, EXIT_MISCONFIGURED, Form, Reader, Settings, setting};
use crate::drain::DrainSettings;
use crate::http::fallback::FallbackSettings;
use crate::http::idempotency;
use crate::http::problem::Kind;
use crate::http::routes::ServerSettings;
use crate::identity::PublicKeys;
use crate::postgres::{PoolSettings, Schema, Sweep};
use crate::probe::{Check, Degraded};
use crate::redis::RedisSettings;
use crate::telemetry::TelemetrySettings;
use crate::tls;

type Background<S> = (&'static str, Box<dyn Fn(Tools<S>) -> LocalBoxFuture<'static, ()>>);
type Routes<S> = fn(&mut ServiceConfig, &S);
type MakeChecks<S> = fn(&S, &Degraded) -> Vec<Box<dyn Check>>;

/// What a function is made of. It names what is its own and what it asks for; asking for a dependency registers its
/// settings, its check in `/readyz`, its metrics and its place in the drain.
pub struct Function<S> {
    name: &'static str,
    about: &'static str,
    problems: &'static [Kind],
    asks: Asks,
    /// Of the database, where one is asked for.
    schema: Option<Schema>,
    routes: Option<Routes<S>>,
    background: Vec<Background<S>>,
    sweeps: Vec<Sweep>,
    checks: Option<MakeChecks<S>>,
    critical: Option<&'static str>,
}

#[derive(Clone, Copy, Default)]
struct Asks {
    redis: bool,
    identity: bool,
    fallback: bool,
}

/// Every setting of a process.
struct AllSettings<S> {
    server: ServerSettings,
    drain: DrainSettings,
    telemetry: TelemetrySettings,
    postgres: Option<PoolSettings>,
    /// Connections of the background's pool, where it has one beside that of requests.
    background: Option<usize>,
    redis: Option<RedisSettings>,
    keys: Option<PublicKeys>,
    fallback: Option<FallbackSettings>,
    own: S,
}

impl<S: Settings + Send + Sync + 'static> Function<S> {
    /// Names it, and says in half a sentence what it is for.
    #[must_use]
    pub fn named(name: &'static str, about: &'static str) -> Self {
        let asks = Asks::default();
        let (background, sweeps) = (Vec::new(), Vec::new());
        let (schema, routes, checks, critical) = (None, None, None, None);
        Self { name, about, problems: &[], asks, schema, routes, background, sweeps, checks, critical }
    }

    /// Asks for PostgreSQL with this schema: each worker gets a [`Pool`](crate::postgres::Pool).
    #[must_use]
    pub fn postgres(mut self, schema: Schema) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Asks for Redis: each worker gets a [`Redis`](crate::redis::Redis).
    #[must_use]
    pub fn redis(mut self) -> Self {
        self.asks.redis = true;
        self
    }

    /// Asks to know who calls: handlers may take a [`Caller`](crate::http::edge::Caller).
    #[must_use]
    pub fn identity(mut self) -> Self {
        self.asks.identity = true;
        self
    }

    /// Asks to answer repeated requests as the first one: handlers may take an
    /// [`IdempotencyKey`](crate::http::idempotency::IdempotencyKey), and old answers are swept.
    #[must_use]
    pub fn idempotency(self) -> Self {
        self.sweep(idempotency::SWEEP)
    }

    /// Asks for a memory of last good answers: handlers may take a [`Fallback`](crate::http::fallback::Fallback).
    #[must_use]
    pub fn fallback(mut self) -> Self {
        self.asks.fallback = true;
        self
    }

    /// Its table of routes, and what its handlers need of its settings. Handlers may also take the settings themselves,
    /// as `Data<S>`, and of the platform `Data` of [`Pool`](crate::postgres::Pool), [`Redis`](crate::redis::Redis),
    /// [`Clock`](crate::clock::Clock), [`Drain`](crate::drain::Drain), [`Metrics`](crate::telemetry::metric::Metrics),
    /// [`QuotaMetrics`](crate::guard::quota::QuotaMetrics) and `reqwest::Client`.
    #[must_use]
    pub fn routes(mut self, routes: fn(&mut ServiceConfig, &S)) -> Self {
        self.routes = Some(routes);
        self
    }

    /// Problems of its own, for the pages on them.
    #[must_use]
    pub fn problems(mut self, problems: &'static [Kind]) -> Self {
        self.problems = problems;
        self
    }

    /// Work beside requests, on the main thread. It ends when the process drains; if it ends before, the process does.
    #[must_use]
    pub fn background<F: Future<Output = ()> + 'static>(
        mut self,
        name: &'static str,
        work: impl Fn(Tools<S>) -> F + 'static,
    ) -> Self {
        self.background.push((name, Box::new(move |tools| work(tools).boxed_local())));
        self
    }

    /// A table whose old rows it deletes, for as long as it lives.
    #[must_use]
    pub fn sweep(mut self, sweep: Sweep) -> Self {
        self.sweeps.push(sweep);
        self
    }

    /// Checks of its own in `/readyz`, which may look at what its other parts have noted.
    #[must_use]
    pub fn checks(mut self, checks: MakeChecks<S>) -> Self {
        self.checks = Some(checks);
        self
    }

    /// Its critical request: a GET that reads through the pool as those do that people need most. The process sends it to
    /// itself once a second, and is not steady (`/readyz?steady=10s`) unless the last answer was good.
    #[must_use]
    pub fn critical(mut self, path: &'static str) -> Self {
        self.critical = Some(path);
        self
    }

    /// Lives: until a signal, a failure, or a mistake in the settings.
    #[must_use]
    pub fn run(self) -> ExitCode {
        crate::telemetry::log::place_panics();
        // Nobody has chosen a provider before the first line of the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut reader = Reader::from_process();
        let settings = self.read(&mut reader);
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let asked = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => None,
            ["--help" | "-h"] => {
                println!("{}: {}\n\nSettings, from the environment.\n\n{}", self.name, self.about, reader.help());
                println!("--check-settings [--json] says what would be used, without secrets, and starts nothing.");
                return ExitCode::SUCCESS;
            }
            ["--check-settings"] => Some(Form::Human),
            ["--check-settings", "--json"] | ["--json", "--check-settings"] => Some(Form::Json),
            [..] => {
                let told = arguments.join(" ");
                eprintln!(
                    "{}: \"{told}\" is not known: wanted nothing, --help, or --check-settings [--json]",
                    self.name
                );
                return ExitCode::from(EXIT_MISCONFIGURED);
            }
        };
        let checked = Checked::of(&reader);
        let settings = reader.finish(settings);
        if let Some(form) = asked {
            checked.print(form, settings.as_ref().err());
            return settings.map_or(ExitCode::from(EXIT_MISCONFIGURED), |_| ExitCode::SUCCESS);
        }
        match settings {
            Ok(settings) => life::live(self, settings, checked.notices),
            Err(mistakes) => {
                eprintln!("{}: {mistakes}", self.name);
                checked.notices.iter().for_each(|notice| eprintln!("  {notice}"));
                eprintln!("`{} --help` lists every setting.", self.name);
                ExitCode::from(EXIT_MISCONFIGURED)
            }
        }
    }

    /// Whether it works beside requests, or without any.
    fn has_background(&self) -> bool {
        !self.background.is_empty() || !self.sweeps.is_empty()
    }

    fn read(&self, from: &mut Reader) -> Option<AllSettings<S>> {
        from.group("Its own");
        let own = S::read(from);
        from.group("TLS");
        let tls = tls::Added::read(from);
        from.group("PostgreSQL");
        let postgres = self.schema.is_some().then(|| PoolSettings::read(from));
        let about = "connections of the pool for work beside requests, best one for each kind of it";
        let background = (self.schema.is_some() && self.routes.is_some() && self.has_background())
            .then(|| from.count(setting("BACKGROUND_POOL_SIZE", about), 1..=100, 4));
        from.group("Redis");
        let redis = self.asks.redis.then(|| RedisSettings::read(from));
        from.group("Requests");
        let keys = self.asks.identity.then(|| PublicKeys::read(from));
        let fallback = self.asks.fallback.then(|| FallbackSettings::read(from));
        let server = ServerSettings::read(from);
        from.group("The end");
        let drain = DrainSettings::read(from);
        from.group("Telemetry");
        let telemetry = TelemetrySettings::read(from);
        tls?;
        Some(AllSettings {
            own: own?,
            postgres: all_or_none(postgres)?,
            background: all_or_none(background)?,
            redis: all_or_none(redis)?,
            keys: all_or_none(keys)?,
            fallback: all_or_none(fallback)?,
            server: server?,
            drain: drain?,
            telemetry: telemetry?,
        })
    }
}

/// What was not asked for is fine without; what was must have been read.
fn all_or_none<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
