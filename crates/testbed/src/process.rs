//! A program that runs beside the test: its log, its signals, its end.
//!
//! ```no_run
//! # async fn start() -> Result<(), testbed::Error> {
//! use std::time::Duration;
//! use testbed::process::Process;
//!
//! let api = Process::command(testbed::cargo::binary("api")?)
//!     .name("api")
//!     .clean_env()
//!     .env("PORT", "8080")
//!     .start()?;
//! api.wait_until_ok("http://127.0.0.1:8080/readyz", Duration::from_secs(10)).await?;
//! api.stop(Duration::from_secs(30)).await?;
//! # Ok(())
//! # }
//! ```

mod command;
pub mod cores;
mod family;
mod guard;
mod http;
mod log;

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

pub use command::Command;

use crate::{Error, LastWords, wait};
use guard::Guard;
use log::Log;

/// A process that runs, or ran. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Process {
    name: String,
    command: String,
    pid: Pid,
    state: Mutex<State>,
    log: Log,
}

#[derive(Debug)]
struct State {
    child: Child,
    guard: Guard,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Describes a process that is started with [`Command::start`].
    pub fn command(program: impl Into<PathBuf>) -> Command {
        Command::new(program.into())
    }

    fn new(name: String, command: String, child: Child, guard: Guard, log: Log) -> Self {
        let raw = i32::try_from(child.id()).expect("a Linux pid fits 31 bits");
        let ended = None;
        let state = State { child, guard, ended };
        Self { name, command, pid: Pid::from_raw(raw), state: Mutex::new(state), log }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// The name it was given, or its program's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has not ended yet. A frozen process runs.
    pub fn is_running(&self) -> bool {
        self.status().is_none()
    }

    /// How it ended; `None` while it runs.
    pub fn status(&self) -> Option<ExitStatus> {
        self.reap(&mut self.state())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether it ended. From then on its pid may be somebody else's: the guard must forget it.
    fn reap(&self, state: &mut State) -> Option<ExitStatus> {
        if state.ended.is_none() {
            // Only a bug (somebody else reaped our child) makes this an error; then it is gone too, and says so later.
            state.ended = state.child.try_wait().ok().flatten();
            if state.ended.is_some() {
                state.guard.forget();
            }
        }
        state.ended
    }

    /// Sends it a signal.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it is no longer there.
    pub fn signal(&self, signal: Signal) -> Result<(), Error> {
        // The lock is held meanwhile: as long as nobody reaps it, the pid can't become somebody else's.
        let mut state = self.state();
        if let Some(status) = self.reap(&mut state) {
            return Err(self.ended(status, signal.as_str()));
        }
        nix::sys::signal::kill(self.pid, signal)
            .map_err(|errno| Error::io(format!("could not send {signal} to {}", self.name))(errno.into()))
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    ///
    /// [`Error::Silent`] when it still runs at the deadline; it goes on running.
    pub async fn wait(&self, deadline: Duration) -> Result<ExitStatus, Error> {
        wait::until_some(deadline, "end", async || self.status()).await.map_err(|_| self.silent("end", deadline))
    }

    /// Sends SIGTERM and waits for the end; when that is late, SIGKILL.
    ///
    /// # Errors
    ///
    /// [`Error::Silent`] when it had to be killed. One that had ended before is no error.
    pub async fn stop(&self, deadline: Duration) -> Result<ExitStatus, Error> {
        self.stop_with(Signal::SIGTERM, deadline).await
    }

    pub(crate) async fn stop_with(&self, signal: Signal, deadline: Duration) -> Result<ExitStatus, Error> {
        match self.signal(signal) {
            Err(Error::Ended { status, .. }) => return Ok(status),
            other => other?,
        }
        let ended = self.wait(deadline).await;
        if ended.is_err() {
            self.kill();
        }
        ended.map_err(|_| self.silent(&format!("end after {signal}"), deadline))
    }

    /// For `Drop`, which can't await: sends the signal and gives it until the deadline to end.
    pub(crate) fn stop_and_block(&self, signal: Signal, deadline: Duration) {
        let begun = Instant::now();
        if self.signal(signal).is_ok() {
            while self.is_running() && begun.elapsed() < deadline {
                std::thread::sleep(wait::INTERVAL);
            }
        }
    }

    /// Sends SIGKILL and waits until it is gone, which the kernel does within milliseconds.
    pub fn kill(&self) {
        let mut state = self.state();
        if self.reap(&mut state).is_none() {
            // Both fail only for a child that is gone.
            let _ = state.child.kill();
            state.ended = state.child.wait().ok();
            state.guard.forget();
        }
    }

    /// Waits until `url` (`http://host:port/path`) answers 200.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] at once when the process ends, [`Error::Silent`] with the last answer at the deadline.
    pub async fn wait_until_ok(&self, url: &str, deadline: Duration) -> Result<(), Error> {
        self.expect(deadline, async || match http::status(url).await {
            // Of one that has ended it is another's answer: two of them wanted the same port.
            Ok(200) if self.is_running() => Ok(()),
            Ok(other) => Err(format!("200 from {url} (last answer: {other})")),
            Err(error) => Err(format!("200 from {url} (last try: {error})")),
        })
        .await
    }

    /// Waits until it has written a line that contains `needle`, and returns that line.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] at once when the process ends without it, [`Error::Silent`] at the deadline.
    pub async fn wait_for_line(&self, needle: &str, deadline: Duration) -> Result<String, Error> {
        self.expect(deadline, async || {
            let output = self.output();
            let line = output.lines().find(|line| line.contains(needle));
            line.map(str::to_owned).ok_or_else(|| format!("line with {needle:?}"))
        })
        .await
    }

    /// Looks until `look` is content; its error says what is missing.
    async fn expect<T>(
        &self,
        deadline: Duration,
        mut look: impl AsyncFnMut() -> Result<T, String>,
    ) -> Result<T, Error> {
        let begun = Instant::now();
        loop {
            // Asked before the look: what it wrote just before its end must still be seen.
            let ended = self.status();
            let missing = match look().await {
                Ok(found) => return Ok(found),
                Err(missing) => missing,
            };
            if let Some(status) = ended {
                return Err(self.ended(status, &missing));
            }
            if begun.elapsed() >= deadline {
                return Err(self.silent(&missing, deadline));
            }
            tokio::time::sleep(wait::INTERVAL).await;
        }
    }

    /// What it has written so far, standard output and error as they came.
    pub fn output(&self) -> String {
        self.log.read()
    }

    /// The file that it writes to.
    pub fn log(&self) -> &Path {
        self.log.path()
    }

    fn ended(&self, status: ExitStatus, what: &str) -> Error {
        Error::Ended { status, what: what.to_owned(), about: self.last_words() }
    }

    fn silent(&self, what: &str, deadline: Duration) -> Error {
        Error::Silent { what: what.to_owned(), deadline, about: self.last_words() }
    }

    fn last_words(&self) -> Box<LastWords> {
        Box::new(LastWords {
            name: self.name.clone(),
            command: self.command.clone(),
            log: self.log.path().to_owned(),
            tail: self.log.tail(),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            self.log.keep(&self.name);
        }
    }
}
