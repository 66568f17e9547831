//! A Redis server of one's own: temporary for tests, kept for `boardctl up`.

mod command;
mod options;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::signal::Signal;

pub use options::{Options, Tls};
pub use wire::command;

use crate::folder::Folder;
use crate::process::{Command, Process};
use crate::{Error, port};

/// The server says this when it accepts connections.
const READY: &str = "Ready to accept connections";

/// Bound for start and stop on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running (or stopped, or frozen) server on 127.0.0.1, without a password. It ends with this value.
#[derive(Debug)]
pub struct Redis {
    // Before the folder: what is dropped first must be what writes into it.
    process: Process,
    command: Command,
    port: u16,
    tls: bool,
    folder: Folder,
}

impl Redis {
    /// Starts the server and waits until it accepts connections. A temporary one writes nothing to its disk and is
    /// empty after [`Redis::start_again`]; a kept one appends every write to a file.
    ///
    /// # Errors
    ///
    /// When `redis-server` is not installed, or ends or stays silent; with its log.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let folder = Folder::open(options.folder.as_deref(), None)?;
        let port = options.port.unwrap_or_else(port::free_port);
        let command = Process::command("redis-server")
            .name("redis")
            .in_folder(folder.path())
            .log_to(folder.path().join("redis.log"))
            .leaves(folder.is_temporary().then(|| folder.path()))
            .last_signal(Signal::SIGTERM)
            .args(options.arguments(port, &folder));
        let process = command.start()?;
        process.wait_for_line(READY, PATIENCE).await?;
        Ok(Self { process, command, port, tls: options.tls.is_some(), folder })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Its port; the same after [`Redis::start_again`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address: `redis://127.0.0.1:PORT`, with TLS `rediss://…`.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The process, for its signals, memory and log.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Ends it in order.
    ///
    /// # Errors
    ///
    /// [`Error::Silent`] when it had to be killed.
    pub async fn stop(&self) -> Result<(), Error> {
        if self.process.is_running() {
            self.process.thaw()?;
        }
        self.process.stop(PATIENCE).await?;
        Ok(())
    }

    /// Ends it as a loss of power would.
    pub fn kill(&self) {
        self.process.kill_family();
    }

    /// Starts it after a stop or a kill, with the same port and folder, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// When it still runs, and for the reasons of [`Redis::start`].
    pub async fn start_again(&mut self) -> Result<(), Error> {
        if self.process.is_running() {
            let text = "redis still runs: stop or kill it before it is started again";
            return Err(Error::Unfit(text.to_owned()));
        }
        self.process = self.command.start()?;
        self.process.wait_for_line(READY, PATIENCE).await?;
        Ok(())
    }

    /// Makes it forget everything. Not over TLS.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn empty(&self) -> Result<(), Error> {
        let answer = self.command(&["FLUSHALL"]).await?;
        if answer.starts_with("+OK") { Ok(()) } else { Err(Error::Unfit(format!("redis answered FLUSHALL: {answer}"))) }
    }

    /// Stops it in its tracks (SIGSTOP): TCP stays open, nothing answers.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it is not running.
    pub fn freeze(&self) -> Result<(), Error> {
        self.process.freeze()
    }

    /// Lets it go on after [`Redis::freeze`].
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it is not running.
    pub fn thaw(&self) -> Result<(), Error> {
        self.process.thaw()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if !self.folder.is_temporary() && self.process.thaw().is_ok() {
            self.process.stop_and_block(Signal::SIGTERM, PATIENCE);
        }
        self.kill();
    }
}
