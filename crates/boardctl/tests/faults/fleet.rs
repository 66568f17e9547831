//! Two machines of each function behind HAProxy, with proxies before PostgreSQL and Redis that can do what networks do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::Signal;
use testbed::board::{Board, Part, Secrets, Servers};
use testbed::haproxy::{self, HaProxy};
use testbed::postgres::{Options, Postgres};
use testbed::process::{Command, Process};
use testbed::proxy::Proxy;
use testbed::redis::Redis;

use super::times;

/// What runs more than once.
pub(super) const FUNCTIONS: [Part; 3] = [Part::Api, Part::Applications, Part::EmailWorker];

/// How often.
pub(super) const MACHINES: usize = 2;

/// Bound for a start on a busy machine.
pub(super) const READY: Duration = Duration::from_secs(60);

/// The fleets that tests before left whole: a start takes longer than most faults.
static WHOLE: Mutex<Vec<Fleet>> = Mutex::new(Vec::new());

/// Everything at work. Dropping it ends it all.
pub(super) struct Fleet {
    machines: BTreeMap<(Part, usize), Process>,
    stand_in: Process,
    pub(super) haproxy: HaProxy,
    /// Before PostgreSQL.
    pub(super) postgres: Proxy,
    /// Before Redis.
    pub(super) redis: Proxy,
    pub(super) board: Board,
}

impl Fleet {
    /// One that may have survived other faults.
    pub(super) async fn take() -> Self {
        let left = WHOLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match left {
            Some(fleet) => fleet,
            None => Self::start(Options::temporary()).await,
        }
    }

    /// Leaves it whole for the next.
    pub(super) fn give_back(self) {
        WHOLE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }

    /// Starts one, on a PostgreSQL that is as these options have it, and waits until all of it is ready.
    pub(super) async fn start(options: Options) -> Self {
        // Two machines of three functions, each with a pool for requests and one for the background.
        let servers = Servers::temporary_with(options.setting("max_connections", "200")).await.expect("servers");
        let proxy = |address| Proxy::start(address).expect("a proxy");
        let postgres = proxy(servers.postgres.own().expect("ours").address());
        let redis = proxy(servers.redis.own().expect("ours").address());
        let board = Board::migrated(servers, Secrets::generate(), testbed::cargo::binary, |_| 0).await;
        let board = board.expect("a migrated board");
        let options = haproxy::Options::default().check_every(times::routing_check()).keep_idle(times::idle());
        let options = FUNCTIONS.into_iter().fold(options, |options, part| {
            let servers = (0..MACHINES).map(|number| listens(board.ports_of_instance(part, number).http));
            options.backend(part.name(), servers)
        });
        let haproxy = HaProxy::start(options).await.expect("haproxy");
        let stand_in = board.command(Part::ResendStandIn).expect("a binary").start().expect("started");
        let mut fleet = Self { machines: BTreeMap::new(), stand_in, haproxy, postgres, redis, board };
        for (part, number) in all() {
            fleet.start_machine(part, number);
        }
        for (part, number) in all() {
            let ready = fleet.url(part, number) + "/readyz";
            fleet.machines[&(part, number)].wait_until_ok(&ready, READY).await.expect("ready");
        }
        for part in FUNCTIONS {
            fleet.haproxy.wait_until_routed(part.name(), &[true; MACHINES], READY).await.expect("routed");
        }
        fleet
    }

    fn start_machine(&mut self, part: Part, number: usize) {
        let process = self.command(part, number).start().expect("started");
        self.machines.insert((part, number), process);
    }

    fn command(&self, part: Part, number: usize) -> Command {
        let seconds = |time: Duration| time.as_secs_f64().to_string();
        let (lame_duck, drain) = (times::lame_duck(), times::drain());
        let database = self.board.database_url(part);
        let own = self.board.servers.postgres.own().expect("ours").port();
        let command = self.board.instance(part, number).expect("a binary").name(format!("{} {number}", part.name()));
        let command = command
            .env(
                "DATABASE_URL",
                database.replace(&format!(":{own}/"), &format!(":{}/", self.postgres.address().port())),
            )
            .env("REDIS_URL", format!("redis://{}", self.redis.address()))
            .env("LAME_DUCK_S", seconds(lame_duck))
            .env("DRAIN_S", seconds(drain))
            .env("DRAIN_GIVE_UP_S", seconds(lame_duck + drain * 2))
            .env("BREAKER_OPEN_S", seconds(times::breaker_open()))
            // All load comes from one address.
            .env("ADDRESS_REQUESTS_MAX", "1000000")
            // Traces are proved elsewhere, and spans are most of what a request costs here.
            .env("OTEL_TRACES_SAMPLER", "traceidratio")
            .env("OTEL_TRACES_SAMPLER_ARG", "0.01");
        match part {
            Part::Api => command.env("APPLICATIONS_URL", format!("http://{}", self.front(Part::Applications))),
            _ => command,
        }
    }

    /// Where clients reach a function.
    pub(super) fn front(&self, part: Part) -> SocketAddr {
        self.haproxy.address(part.name())
    }

    /// Where a machine itself listens.
    pub(super) fn address(&self, part: Part, number: usize) -> SocketAddr {
        listens(self.board.ports_of_instance(part, number).http)
    }

    /// Where the machines of a function tell their metrics.
    pub(super) fn metrics_of(&self, part: Part) -> impl Iterator<Item = SocketAddr> {
        (0..MACHINES).map(move |number| self.metrics(part, number))
    }

    /// Where a machine tells its metrics.
    pub(super) fn metrics(&self, part: Part, number: usize) -> SocketAddr {
        listens(self.board.ports_of_instance(part, number).metrics)
    }

    fn url(&self, part: Part, number: usize) -> String {
        format!("http://{}", self.address(part, number))
    }

    /// PostgreSQL itself.
    pub(super) fn server(&self) -> &Postgres {
        self.board.servers.postgres.own().expect("ours")
    }

    /// PostgreSQL itself, to start it again.
    pub(super) fn server_mut(&mut self) -> &mut Postgres {
        self.board.servers.postgres.own_mut().expect("ours")
    }

    /// Redis itself.
    pub(super) fn redis_server(&self) -> &Redis {
        self.board.servers.redis.own().expect("ours")
    }

    /// Redis itself, to start it again.
    pub(super) fn redis_server_mut(&mut self) -> &mut Redis {
        self.board.servers.redis.own_mut().expect("ours")
    }

    /// Starts so many machines more of a function, which no proxy routes to, with settings of their own; waits until
    /// they are ready. They have the numbers after those of the fleet, and end with what is returned.
    pub(super) async fn more(&self, part: Part, count: usize, settings: &[(&str, &str)]) -> Vec<Process> {
        let with = |command| settings.iter().fold(command, |it: Command, (name, value)| it.env(*name, *value));
        self.more_with(part, count, with).await
    }

    /// The same, with more that is changed about their start.
    pub(super) async fn more_with(&self, part: Part, count: usize, with: impl Fn(Command) -> Command) -> Vec<Process> {
        let numbers = MACHINES..MACHINES + count;
        let start = |number| with(self.command(part, number)).start().expect("started");
        let machines: Vec<Process> = numbers.clone().map(start).collect();
        for (number, machine) in numbers.zip(&machines) {
            machine.wait_until_ok(&(self.url(part, number) + "/readyz"), READY).await.expect("ready");
        }
        machines
    }

    /// Drains a machine and starts another in its place, as a deploy does; waits until it is routed to. Returns what the
    /// old one ended with: 0, or 1 when it had to cut something.
    pub(super) async fn replace(&mut self, part: Part, number: usize, signal: Signal) -> Option<i32> {
        let old = &self.machines[&(part, number)];
        old.signal(signal).expect("it runs");
        let code = old.wait(READY).await.expect("it drains").code();
        if code != Some(0) {
            println!("{} after {signal}: {code:?}, {}", old.name(), old.output());
        }
        self.start_machine(part, number);
        let routed = self.haproxy.wait_until_routed(part.name(), &[true; MACHINES], READY).await;
        routed.expect("the new machine is routed to");
        code
    }

    /// Starts PostgreSQL again if it has ended, as whoever looks after it would: without room for its log it ends itself.
    pub(super) async fn revive_server(&mut self) {
        if !self.server().process().is_running() {
            self.server_mut().start_again().await.expect("it starts");
        }
    }

    /// Kills a machine, as the kernel does when there is no memory left.
    pub(super) fn kill(&self, part: Part, number: usize) {
        self.machines[&(part, number)].kill();
    }

    /// Waits until a machine that was killed is routed to no more, starts another in its place, and waits until that one
    /// is.
    pub(super) async fn put_back(&mut self, part: Part, number: usize) {
        let others: Vec<bool> = (0..MACHINES).map(|other| other != number).collect();
        self.haproxy.wait_until_routed(part.name(), &others, READY).await.expect("nothing is routed to the dead");
        self.start_machine(part, number);
        let routed = self.haproxy.wait_until_routed(part.name(), &[true; MACHINES], READY).await;
        routed.expect("the new machine is routed to");
    }

    /// Stops the machines of a function where they stand.
    pub(super) fn freeze(&self, part: Part) {
        for number in 0..MACHINES {
            self.machines[&(part, number)].freeze().expect("it runs");
        }
    }

    /// Lets them go on, and waits until they are routed to.
    pub(super) async fn thaw(&self, part: Part) {
        for number in 0..MACHINES {
            self.machines[&(part, number)].thaw().expect("it is there");
        }
        let routed = self.haproxy.wait_until_routed(part.name(), &[true; MACHINES], READY).await;
        routed.expect("they are routed to");
    }

    /// What has died, although nobody killed it.
    pub(super) fn dead(&self) -> Vec<String> {
        let servers = [self.server().process(), &self.stand_in, self.haproxy.process()];
        let all = self.machines.values().chain(servers);
        all.filter_map(|it| it.status().map(|status| format!("{}: {status}", it.name()))).collect()
    }
}

/// Every machine.
pub(super) fn all() -> impl Iterator<Item = (Part, usize)> {
    FUNCTIONS.into_iter().flat_map(|part| (0..MACHINES).map(move |number| (part, number)))
}

fn listens(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
