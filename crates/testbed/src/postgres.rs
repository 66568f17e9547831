//! A Postgres server of one's own: temporary for tests, kept for `boardctl up`.

mod cluster;
mod disk;
mod options;
mod sql;
mod stepper;

use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::signal::Signal;

use disk::Disk;
pub use options::Options;
pub use stepper::{Stepper, Waiting};

use crate::Error;
use crate::folder::Folder;
use crate::process::{Command, Process};

/// The server says this when it accepts connections.
const READY: &str = "database system is ready to accept connections";

/// Bound for start (with crash recovery) and for a fast stop (with a checkpoint) on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running (or stopped, or frozen) server on 127.0.0.1. It ends with this value: a kept one by a fast shutdown, a
/// temporary one by SIGKILL, with its folder.
#[derive(Debug)]
pub struct Postgres {
    // Before the folder: what is dropped first must be what writes into it.
    process: Process,
    command: Command,
    password: String,
    port: u16,
    disk: Option<Disk>,
    folder: Folder,
}

impl Postgres {
    /// Makes the data folder when it is missing (`initdb`), starts the server and waits until it accepts connections.
    ///
    /// Logins need passwords (SCRAM), as in production. As root, the server runs as the user `postgres`.
    ///
    /// # Errors
    ///
    /// When no Postgres is installed, the folder can't be used, or the server ends or stays silent; with its log.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let cluster = cluster::prepare(&options).await?;
        let process = cluster.command.start()?;
        process.wait_for_line(READY, PATIENCE).await?;
        Ok(Self {
            process,
            command: cluster.command,
            password: cluster.password,
            port: cluster.port,
            disk: cluster.disk,
            folder: cluster.folder,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Its port; the same after [`Postgres::start_again`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's address of a database.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url("postgres", &self.password, database)
    }

    /// The superuser as PgBouncer's configuration wants it.
    pub(crate) fn superuser_pairs(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres password={}", self.port, self.password)
    }

    /// A login's address of a database. Names and password stand in it as they are: letters, digits, `-` and `_`.
    pub fn url(&self, user: &str, password: &str, database: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// The postmaster, for its signals, memory and log.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// What the server has written to its log, over all its starts.
    pub fn log_text(&self) -> String {
        let log = std::fs::read(self.process.log()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Ends it in order (fast shutdown: connections are closed, what was committed is kept).
    ///
    /// # Errors
    ///
    /// [`Error::Silent`] when it had to be killed.
    pub async fn stop(&self) -> Result<(), Error> {
        if self.process.is_running() {
            self.process.thaw()?;
        }
        self.process.stop_with(Signal::SIGINT, PATIENCE).await?;
        Ok(())
    }

    /// Ends it as a loss of power would, with all its connections.
    pub fn kill(&self) {
        self.process.kill_family();
    }

    /// Starts it after a stop or a kill, with the same port and data, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// When it still runs, and for the reasons of [`Postgres::start`].
    pub async fn start_again(&mut self) -> Result<(), Error> {
        self.start_again_with(&[]).await
    }

    /// The same with other settings, this once: `("default_transaction_read_only", "on")` makes it refuse to write.
    ///
    /// # Errors
    ///
    /// As [`Postgres::start_again`].
    pub async fn start_again_with(&mut self, settings: &[(&str, &str)]) -> Result<(), Error> {
        if self.process.is_running() {
            let text = "postgres still runs: stop or kill it before it is started again";
            return Err(Error::Unfit(text.to_owned()));
        }
        let command = settings
            .iter()
            .fold(self.command.clone(), |command, (name, value)| command.arg("-c").arg(format!("{name}={value}")));
        self.process = command.start()?;
        self.process.wait_for_line(READY, PATIENCE).await?;
        Ok(())
    }

    /// Takes all room on its disk, which [`Options::disk`] made.
    ///
    /// # Errors
    ///
    /// When it has no disk of its own, or that can't be written to.
    pub fn fill_disk(&self) -> Result<(), Error> {
        self.disk()?.fill()
    }

    /// Gives the room on its disk back.
    ///
    /// # Errors
    ///
    /// When it was not taken.
    pub fn empty_disk(&self) -> Result<(), Error> {
        self.disk()?.empty()
    }

    fn disk(&self) -> Result<&Disk, Error> {
        self.disk.as_ref().ok_or_else(|| Error::Unfit("this postgres has no disk of its own".to_owned()))
    }

    /// Stops it and all its connections in their tracks (SIGSTOP): TCP stays open, nothing answers.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it is not running.
    pub fn freeze(&self) -> Result<(), Error> {
        self.process.freeze()
    }

    /// Lets it go on after [`Postgres::freeze`].
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it is not running.
    pub fn thaw(&self) -> Result<(), Error> {
        self.process.thaw()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !self.folder.is_temporary() && self.process.thaw().is_ok() {
            self.process.stop_and_block(Signal::SIGINT, PATIENCE);
        }
        self.kill();
    }
}
