//! One machine's process.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::Value;
use testbed::process::Process;
use time::OffsetDateTime;
use tokio::task::JoinHandle;

use super::Guest;
use super::environment::{arguments, environment};
use super::look::keep_looking;
use crate::config;
use crate::fly::{Told, Wanted};
use crate::machine::Stop;
use crate::programs::Program;
use crate::shared::Shared;

/// Equal checks are not looked at in one moment: they come into the list one after the other.
const STAGGER: std::time::Duration = std::time::Duration::from_millis(20);

/// Of a program that could not be started, as a shell has it.
const NOT_FOUND: i64 = 127;

pub(super) struct Living {
    pub(super) place: u8,
    pub(super) port: Option<u16>,
    address: Ipv4Addr,
    name: String,
    app: String,
    log: PathBuf,
    /// The boot that its process belongs to.
    boots: u64,
    process: Option<Process>,
    /// Why there is no process though there should be one.
    failed: bool,
    frozen: bool,
    /// The stop that it was told of.
    stopping: Option<OffsetDateTime>,
    looks: Looks,
}

/// Looks at checks, which end with this value.
#[derive(Default)]
struct Looks(Vec<JoinHandle<()>>);

impl Drop for Looks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Living {
    pub(super) fn new(place: u8, address: Ipv4Addr, machine: &Wanted, log: PathBuf) -> Self {
        Self {
            place,
            port: machine.port,
            address,
            name: machine.name.clone(),
            app: machine.app.clone(),
            log,
            boots: 0,
            process: None,
            failed: false,
            frozen: false,
            stopping: None,
            looks: Looks::default(),
        }
    }

    pub(super) fn guest(&self, id: &str) -> Guest {
        Guest {
            machine: id.to_owned(),
            name: self.name.clone(),
            app: self.app.clone(),
            address: self.address.into(),
            pid: self.process.as_ref().filter(|process| process.is_running()).map(Process::pid),
            boots: self.boots,
            log: self.log.clone(),
        }
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name
    }

    pub(super) fn at(&self) -> Option<(u8, SocketAddr)> {
        Some((self.place, SocketAddr::from((self.address, self.port?))))
    }

    /// Whether its process is of an earlier boot, or there is none.
    pub(super) fn is_behind(&self, machine: &Wanted) -> bool {
        self.boots < machine.boots
    }

    pub(super) fn start(&mut self, machine: &Wanted, program: &Program, told: &Told) {
        self.kill();
        self.boots = machine.boots;
        let command = Process::command(&program.path)
            .name(format!("{} {}", self.app, self.name))
            .clean_env()
            .log_to(&self.log)
            .args(arguments(program, &told.config));
        let environment = environment(program, told, self.address);
        match environment.into_iter().fold(command, |command, (name, value)| command.env(name, value)).start() {
            Ok(process) => self.process = Some(process),
            Err(error) => {
                self.failed = true;
                self.note(&error.to_string());
            }
        }
    }

    /// A line of the stand-in's own among what the machine wrote. That nobody can write there was seen by who tried
    /// to start a process.
    fn note(&self, line: &str) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log);
        let _written = log.and_then(|mut log| writeln!(log, "fly-stand-in: {line}"));
    }

    /// Has each check looked at from now on.
    pub(super) fn look_at(&mut self, machine: &Wanted, config: &Value, fly: &Arc<Shared>, client: &reqwest::Client) {
        // A configuration that is not understood was refused.
        let checks = config::checks(config).unwrap_or_default();
        let looks = checks.into_iter().zip(1_u32..).map(|(check, number)| {
            let of = (machine.id.clone(), machine.boots);
            let first = check.grace + STAGGER * number;
            tokio::spawn(keep_looking(Arc::clone(fly), client.clone(), of, (check, self.address), first))
        });
        self.looks = Looks(looks.collect());
    }

    /// Tells it to end, once for each stop that is asked for.
    pub(super) fn stop(&mut self, stop: &Stop) {
        if self.stopping == Some(stop.deadline) {
            return;
        }
        self.stopping = Some(stop.deadline);
        if let Ok(signal) = stop.signal.parse() {
            self.signal(signal);
        }
        // None runs, where it was stopped before it had started.
        self.failed |= self.process.is_none();
    }

    /// Sends it a signal; false where none runs.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        self.process.as_ref().is_some_and(|process| process.signal(signal).is_ok())
    }

    /// How it has ended, told once: the code, and the signal if one ended it.
    pub(super) fn ended(&mut self) -> Option<(i64, Option<i64>)> {
        let how = match &self.process {
            None if std::mem::take(&mut self.failed) => {
                let code = if self.stopping.is_some() { 0 } else { NOT_FOUND };
                (code, None)
            }
            None => return None,
            Some(process) => {
                let status = process.status()?;
                let signal = status.signal().map(i64::from);
                (signal.map_or_else(|| status.code().unwrap_or_default().into(), |signal| 128 + signal), signal)
            }
        };
        self.kill();
        Some(how)
    }

    /// Nothing of it runs any more.
    pub(super) fn kill(&mut self) {
        self.looks = Looks::default();
        self.process = None;
        (self.failed, self.frozen, self.stopping) = (false, false, None);
    }

    /// Puts it to sleep, its memory kept.
    pub(super) fn freeze(&mut self) {
        if !self.frozen && self.process.is_some() {
            self.looks = Looks::default();
            self.frozen = self.signal(Signal::SIGSTOP);
        }
    }

    /// Lets it go on, if it sleeps.
    pub(super) fn thaw(&mut self, machine: &Wanted) -> bool {
        let wakes = self.frozen && self.signal(Signal::SIGCONT);
        if wakes {
            (self.boots, self.frozen) = (machine.boots, false);
        }
        wakes
    }
}
