//! What holds for a function that Fly's proxy routes to.

use std::time::Duration;

use super::{Judge, env, is};
use crate::config::fly_toml::{AutoStop, Concurrency, Counted, HttpService, ServiceCheck};

/// Says only what is the process's own.
const ROUTABLE: &str = "/routable";
/// To what the platform bends the times of a service's check.
const BENT: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);

impl Judge<'_> {
    pub(super) fn service(&mut self) {
        self.function();
        let toml = self.toml;
        let Some(service) = &toml.http_service else { return };
        let told = env(toml, "CLIENT_ADDRESS");
        let wanted = "fly: behind Fly's proxy all callers would share one rate limit";
        self.demand(told == Some("fly"), "env.CLIENT_ADDRESS", is(told), wanted);
        let wanted = "true: tokens would cross the net in the clear";
        self.demand(service.force_https, "http_service.force_https", "is not true", wanted);
        let wanted = "[\"app\"]: flyctl refuses a service that names none, where there is [processes]";
        if let Some(processes) = self.given(service.processes.as_ref(), "http_service.processes", wanted) {
            self.demand(!processes.is_empty(), "http_service.processes", "is empty", wanted);
        }
        if let Some(port) = env(toml, "LISTEN").and_then(|address| address.rsplit(':').next()?.parse::<u16>().ok()) {
            let wrong = format_args!("is {}, and LISTEN has {port}", service.internal_port);
            self.demand(service.internal_port == port, "http_service.internal_port", wrong, "that port");
        }
        self.sleep(service);
        let wanted = "type, soft_limit and hard_limit: Fly's own soft limit is 20 connections";
        if let Some(concurrency) = self.given(service.concurrency.as_ref(), "http_service.concurrency", wanted) {
            self.concurrency(concurrency);
        }
        self.routing(&service.checks);
    }

    /// Who puts machines to sleep must wake them.
    fn sleep(&mut self, service: &HttpService) {
        let stop = self.given(service.auto_stop_machines, "http_service.auto_stop_machines", "\"stop\" or \"off\"");
        let start = self.given(service.auto_start_machines, "http_service.auto_start_machines", "true or false");
        self.given(
            service.min_machines_running,
            "http_service.min_machines_running",
            "the number of those that never sleep",
        );
        let wanted = "\"stop\": a machine that wakes from memory has dead connections and an old clock";
        self.demand(stop != Some(AutoStop::Suspend), "http_service.auto_stop_machines", "is \"suspend\"", wanted);
        if let (Some(AutoStop::Stop | AutoStop::Suspend), Some(start)) = (stop, start) {
            let wanted = "true: machines that auto_stop_machines puts to sleep would never wake";
            self.demand(start, "http_service.auto_start_machines", "is false", wanted);
        }
    }

    fn concurrency(&mut self, limits: &Concurrency) {
        let key = |name: &str| format!("http_service.concurrency.{name}");
        let wanted = "requests: most connections ask nothing";
        self.demand(limits.counted == Some(Counted::Requests), &key("type"), is(limits.counted), wanted);
        let soft = self.given(
            limits.soft_limit,
            &key("soft_limit"),
            "the number of requests from which on others are preferred",
        );
        let hard = self.given(limits.hard_limit, &key("hard_limit"), "a bound far above what a machine works at");
        let at_work = self.number("AT_WORK_MAX", "the number of requests that a worker works at; it refuses more");
        let workers = env(self.toml, "WORKERS").and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
        let Some(at_work) = at_work.map(|at_work| at_work * workers) else { return };
        if let Some(soft) = soft {
            let wrong = format_args!("is {soft}, and {at_work} may be at work");
            let wanted = "less: another machine is woken before this one refuses";
            self.demand(f64::from(soft) < at_work, &key("soft_limit"), wrong, wanted);
        }
        if let Some(hard) = hard {
            let wrong = format_args!("is {hard}, and {at_work} may be at work");
            let wanted = "more: past it requests wait in the proxy, where nobody refuses them at once";
            self.demand(f64::from(hard) > at_work, &key("hard_limit"), wrong, wanted);
        }
    }

    fn routing(&mut self, checks: &[ServiceCheck]) {
        let key = "http_service.checks";
        let wrong = format_args!("has {} checks", checks.len());
        let wanted = "one, of /routable: without any a machine that drains is still routed to";
        self.demand(checks.len() == 1, key, wrong, wanted);
        for (index, check) in checks.iter().enumerate() {
            let key = format!("{key}.{index}");
            let path = check.path.as_deref().unwrap_or("/");
            let wanted = "/routable: a check that asks a dependency unroutes every machine when that is gone, and the \
                          proxy holds all requests";
            self.demand(path == ROUTABLE, &format!("{key}.path"), format_args!("is {path}"), wanted);
            self.times(&key, check.interval, check.timeout, check.grace_period);
            let times =
                [("interval", check.interval), ("timeout", check.timeout), ("grace_period", check.grace_period)];
            for (name, time) in times {
                let Some(time) = time.filter(|time| !BENT.contains(&time.0)) else { continue };
                let wanted = "1s to 1m0s, to which the platform bends it";
                self.demand(false, &format!("{key}.{name}"), format_args!("is {time}"), wanted);
            }
            let lame_duck = env(self.toml, "LAME_DUCK_S").and_then(|text| text.parse::<f64>().ok());
            if let (Some(interval), Some(lame_duck)) = (check.interval, lame_duck) {
                let wrong = format_args!("is {lame_duck} s, and the routing check's interval is {interval}");
                let wanted = "two of it at least: the proxy must see that a machine leaves before it closes";
                self.demand(lame_duck >= 2.0 * interval.0.as_secs_f64(), "env.LAME_DUCK_S", wrong, wanted);
            }
        }
    }
}
