//! What holds for every function: it drains in time, is asked whether it is good, and comes back.

use super::connections::BACKGROUND;
use super::{Judge, env, is};
use crate::config::GoDuration;
use crate::config::fly_toml::{Check, Policy, Strategy};

/// Asks nothing but the process.
const ALIVE: &str = "/healthz";
/// Good without a break for as long as a deploy wants to see.
const READY: &str = "/readyz?steady=10s";

impl Judge<'_> {
    /// One that nobody calls.
    pub(super) fn worker(&mut self) {
        self.function();
        let told = env(self.toml, "CLIENT_ADDRESS").unwrap_or("peer");
        let wanted = "it left out: no proxy says who calls, so that anybody could say it";
        self.demand(told != "fly", "env.CLIENT_ADDRESS", "is \"fly\" without an [http_service]", wanted);
    }

    pub(super) fn function(&mut self) {
        let toml = self.toml;
        self.leaving();
        self.pools();
        if let Some(restart) = &toml.restart {
            let wanted = "always: who else brings it back when it crashed, or its watchdog ended it";
            self.demand(restart.policy == Policy::Always, "restart.0.policy", is(Some(restart.policy)), wanted);
        }
        let strategy = toml.deploy.strategy;
        let wanted = "bluegreen: by any other, machines are stopped before others serve";
        self.demand(strategy == Some(Strategy::Bluegreen), "deploy.strategy", is(strategy), wanted);
        let port = self.port("LISTEN", "the address of requests, [::]:8080");
        self.probe("alive", ALIVE, "touches nothing", port);
        self.probe("ready", READY, "gates a deploy by all that the function needs", port);
        for name in toml.checks.keys().filter(|name| !["alive", "ready"].contains(&name.as_str())) {
            let wanted = "alive and ready alone: what else is to be good belongs in /readyz";
            self.demand(false, &format!("checks.{name}"), "is one too many", wanted);
        }
        self.metrics();
    }

    /// The times of the way out, each within the next.
    fn leaving(&mut self) {
        let lame_duck = self.number("LAME_DUCK_S", "seconds to go on serving after SIGTERM");
        let drain = self.number("DRAIN_S", "seconds for what is in flight after that");
        let give_up = self.number("DRAIN_GIVE_UP_S", "seconds after SIGTERM, when to end and name what was cut");
        let toml = self.toml;
        let Some(kill) = toml.kill_timeout else { return };
        if let (Some(lame_duck), Some(drain)) = (lame_duck, drain) {
            let wrong = format_args!("is {kill}, and LAME_DUCK_S and DRAIN_S are {} s", lame_duck + drain);
            let wanted = "more: Fly kills what still drains";
            self.demand(lame_duck + drain < kill.0.as_secs_f64(), "kill_timeout", wrong, wanted);
        }
        if let Some(give_up) = give_up {
            let wanted = "more: a drain that failed must name what it cut before it is killed";
            let wrong = format_args!("is {kill}, and DRAIN_GIVE_UP_S is {give_up} s");
            self.demand(give_up < kill.0.as_secs_f64(), "kill_timeout", wrong, wanted);
        }
        if let Some(wait) =
            self.given(toml.deploy.wait_timeout, "deploy.wait_timeout", "a time longer than kill_timeout")
        {
            let wanted = "more: flyctl gives up while the old machines still drain, and leaves both colours";
            self.demand(
                kill < wait,
                "deploy.wait_timeout",
                format_args!("is {wait}, and kill_timeout is {kill}"),
                wanted,
            );
        }
    }

    fn pools(&mut self) {
        self.number("WORKERS", "the number of threads that answer requests");
        if let Some(size) = self.number("POOL_SIZE", "the number of connections of a pool") {
            let wanted = "4 or more: with fewer, a database that is only slow opens no breaker";
            self.demand(size >= 4.0, "env.POOL_SIZE", format_args!("is {size}"), wanted);
        }
        if env(self.toml, BACKGROUND).is_some() {
            self.number(BACKGROUND, "the number of connections for work beside requests");
        }
    }

    fn probe(&mut self, name: &str, path: &str, what: &str, port: Option<u16>) {
        let key = format!("checks.{name}");
        let toml = self.toml;
        let Some(check) = self.given(toml.checks.get(name), &key, &format!("a check of {path}, which {what}")) else {
            return;
        };
        let asked = check.path.as_deref().unwrap_or("/");
        let wanted = format!("{path}, which {what}");
        self.demand(asked == path, &format!("{key}.path"), format_args!("is {asked}"), &wanted);
        let Check { interval, timeout, grace_period, .. } = *check;
        self.times(&key, interval, timeout, grace_period);
        if let (Some(asked), Some(port)) = (check.port.or(toml.http_service.as_ref().map(|it| it.internal_port)), port)
        {
            let wanted = "the port of LISTEN";
            self.demand(
                asked == port,
                &format!("{key}.port"),
                format_args!("is {asked}, and LISTEN has {port}"),
                wanted,
            );
        }
    }

    /// Of any check. Without an interval flyctl looks once a minute, and Fly has times of its own.
    pub(super) fn times(
        &mut self,
        key: &str,
        interval: Option<GoDuration>,
        timeout: Option<GoDuration>,
        grace: Option<GoDuration>,
    ) {
        let interval =
            self.given(interval, &format!("{key}.interval"), "a time: without one flyctl looks once a minute");
        let timeout = self.given(timeout, &format!("{key}.timeout"), "a time, so that a process which hangs fails it");
        self.given(grace, &format!("{key}.grace_period"), "a time, in which a process may start");
        if let (Some(interval), Some(timeout)) = (interval, timeout) {
            let wrong = format_args!("is {timeout}, and interval is {interval}");
            self.demand(timeout <= interval, &format!("{key}.timeout"), wrong, "no more than that");
        }
    }

    fn metrics(&mut self) {
        let toml = self.toml;
        let port = self.port("METRICS_LISTEN", "the address of metrics, [::]:9091");
        let Some(metrics) = self.given(toml.metrics.as_ref(), "metrics", "port and path, or nobody sees the function")
        else {
            return;
        };
        if let Some(port) = port {
            let wrong = format_args!("is {}, and METRICS_LISTEN has {port}", metrics.port);
            self.demand(metrics.port == port, "metrics.0.port", wrong, "that port");
        }
        self.demand(metrics.path == "/metrics", "metrics.0.path", format_args!("is {}", metrics.path), "/metrics");
    }
}
