//! Functions that run: the examples of this crate as processes.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use nix::sys::signal::Signal;
use serde_json::Value;
use testbed::port::free_port;
use testbed::process::{Command, Process};
use testbed::wait;

use super::{Answer, MemoryGroup, SOON, get};

/// A function to be started. Its drain is quick unless a test says otherwise.
pub(crate) struct Start {
    program: PathBuf,
    command: Command,
    address: SocketAddr,
    metrics: SocketAddr,
}

/// The example that asks for nothing.
pub(crate) fn bare() -> Start {
    Start::of("bare_function")
}

/// The example that asks for everything.
pub(crate) fn small(database_url: &str, redis_url: &str, public_keys: &str) -> Start {
    Start::of("small_function")
        .env("DATABASE_URL", database_url)
        .env("REDIS_URL", redis_url)
        .env("TOKEN_PUBLIC_KEYS", public_keys)
}

impl Start {
    fn of(example: &str) -> Self {
        let local = || SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let (address, metrics) = (local(), local());
        let program = testbed::cargo::example(example).expect("cargo builds the examples");
        let command = Process::command(&program).name(example).clean_env();
        Self { program, command, address, metrics }
            .env("LISTEN", &address.to_string())
            .env("METRICS_LISTEN", &metrics.to_string())
            .env("LAME_DUCK_S", "0.3")
            .env("DRAIN_S", "4")
            .env("DRAIN_GIVE_UP_S", "8")
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command = self.command.env(name, value);
        self
    }

    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.command = self.command.arg(argument);
        self
    }

    /// Starts it below a soft limit of open files, which a shell lowers: a test that did would lower everybody's.
    pub(crate) fn below_soft_limit(mut self, files: u32) -> Self {
        let shell = Process::command("sh").clean_env().arg("-c").arg(format!("ulimit -Sn {files} && exec \"$0\""));
        self.command = shell.arg(&self.program);
        let (address, metrics) = (self.address.to_string(), self.metrics.to_string());
        self.env("LISTEN", &address).env("METRICS_LISTEN", &metrics)
    }

    /// Starts it below a limit of open files that it cannot raise.
    pub(crate) fn below_hard_limit(mut self, files: u32) -> Self {
        self.command = self.command.open_files(files);
        self
    }

    /// Starts it in a control group, which a shell joins: a test that did would take everybody's memory.
    pub(crate) fn within(mut self, group: &MemoryGroup) -> Self {
        let shell = Process::command("sh").clean_env().arg("-c").arg("echo $$ >\"$1\" && exec \"$0\"");
        self.command = shell.arg(&self.program).arg(group.processes());
        let (address, metrics) = (self.address.to_string(), self.metrics.to_string());
        self.env("LISTEN", &address).env("METRICS_LISTEN", &metrics)
    }

    /// Starts it with a standard output that nobody reads: a FIFO that it holds open itself, full after 64 KiB.
    pub(crate) fn into_unread_pipe(mut self, fifo: &Path) -> Self {
        nix::unistd::mkfifo(fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        let shell = Process::command("sh").clean_env().arg("-c").arg("exec \"$0\" 1<>\"$1\"");
        self.command = shell.arg(&self.program).arg(fifo);
        let (address, metrics) = (self.address.to_string(), self.metrics.to_string());
        self.env("LISTEN", &address).env("METRICS_LISTEN", &metrics)
    }

    /// Starts it without waiting for anything.
    pub(crate) fn now(self) -> Running {
        let process = self.command.start().expect("it starts");
        Running { process, address: self.address, metrics: self.metrics }
    }

    /// Starts it, and waits until it is alive.
    pub(crate) async fn alive(self) -> Running {
        let running = self.now();
        let url = format!("http://{}/healthz", running.address);
        running.wait_until_ok(&url, SOON).await.expect("it lives");
        running
    }

    /// Starts it, and waits until it is ready.
    pub(crate) async fn ready(self) -> Running {
        let running = self.now();
        let url = format!("http://{}/readyz", running.address);
        running.wait_until_ok(&url, SOON).await.expect("it gets ready");
        running
    }
}

/// A function that runs, or ran.
pub(crate) struct Running {
    process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
}

impl Deref for Running {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl Running {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        get(self.address, path).await
    }

    pub(crate) async fn metrics_page(&self) -> String {
        get(self.metrics, "/metrics").await.body
    }

    /// A number of the metrics page; the line begins with `name`.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let page = self.metrics_page().await;
        let line = page.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Every line of its log.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The lines of finished requests with this operation.
    pub(crate) fn requests(&self, operation: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["operation"] == operation).collect()
    }

    /// Waits for a line whose `message` is this.
    pub(crate) async fn line(&self, message: &str) -> Value {
        let look = async || self.lines().into_iter().find(|line| line["message"] == message);
        wait::until_some(SOON, message, look).await.unwrap_or_else(|error| panic!("{error}: {}", self.output()))
    }

    /// Waits for its end.
    pub(crate) async fn end(&self) -> ExitStatus {
        self.wait(SOON).await.expect("it ends")
    }

    /// Tells it to end, and waits for that.
    pub(crate) async fn told(&self, signal: Signal) -> Option<i32> {
        self.signal(signal).expect("it runs");
        self.end().await.code()
    }
}
