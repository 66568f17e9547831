//! The whole board on this machine: servers, a migrated database, logins, keys, and each function's environment. What
//! `boardctl up` shows a person is what tests run against.

mod environment;
mod part;
mod person;
mod servers;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

pub use part::{Part, app};
pub use person::Person;
pub use servers::{Given, Servers};

use crate::Error;
use crate::port::free_port;
use crate::process::Command;
use crate::token::KeyPair;

/// The key that Resend's stand-in takes.
pub const RESEND_KEY: &str = "re_development";

/// Where a part listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// For requests.
    pub http: u16,
    /// For Prometheus.
    pub metrics: u16,
}

/// The secrets of one board. Made for a test's run, or once for a clone.
#[derive(Debug)]
pub struct Secrets {
    /// Signs access tokens.
    pub tokens: KeyPair,
    /// `SIGN_IN_KEYS`.
    pub sign_in_keys: String,
    /// `REFRESH_KEYS`.
    pub refresh_keys: String,
    /// The password of every function's login.
    pub password: String,
}

/// A migrated board whose parts can be started.
#[derive(Debug)]
pub struct Board {
    /// Servers and addresses.
    pub servers: Servers,
    /// Keys.
    pub secrets: Secrets,
    ports: BTreeMap<Part, Ports>,
    more: Mutex<BTreeMap<(Part, usize), Ports>>,
    binaries: fn(&str) -> Result<PathBuf, Error>,
}

impl Board {
    /// Takes servers that are running, brings the database forward and makes the logins. `binaries` tells where a
    /// binary is; `wanted` names a port for a part's requests: where that is taken, and where none is wanted (0), any free
    /// one.
    ///
    /// # Errors
    /// When the database cannot be brought forward, with what `migrate` said.
    pub async fn migrated(
        servers: Servers,
        secrets: Secrets,
        binaries: fn(&str) -> Result<PathBuf, Error>,
        wanted: fn(Part) -> u16,
    ) -> Result<Self, Error> {
        let ports = |part| (part, Ports { http: free_or(wanted(part)), metrics: free_port() });
        let ports = Part::all().into_iter().map(ports).collect();
        let board = Self { servers, secrets, ports, more: Mutex::default(), binaries };
        let migrate = crate::process::Process::command((board.binaries)("migrate")?).name("migrate").clean_env();
        migrate.env("DATABASE_URL", board.servers.owner_url()).run()?;
        for part in Part::all() {
            if let Some(role) = part.role() {
                board.servers.login(&login(part), &board.secrets.password, &role).await?;
            }
        }
        Ok(board)
    }

    /// For tests: servers and secrets of its own, any free ports, binaries as cargo builds them.
    ///
    /// # Errors
    /// When a server cannot be started, or the database cannot be brought forward.
    pub async fn temporary() -> Result<Self, Error> {
        let servers = Servers::temporary(&[]).await?;
        Self::migrated(servers, Secrets::generate(), crate::cargo::binary, |_| 0).await
    }

    /// Where a part listens, whether it runs or not.
    pub fn ports(&self, part: Part) -> Ports {
        self.ports[&part]
    }

    /// The address of a part.
    pub fn url(&self, part: Part) -> String {
        format!("http://127.0.0.1:{}", self.ports(part).http)
    }

    /// A part as a command, with its whole environment.
    ///
    /// # Errors
    /// When there is no such binary.
    pub fn command(&self, part: Part) -> Result<Command, Error> {
        self.instance(part, 0)
    }

    /// Where the process of this number listens, of several of a part that run side by side. The first has number 0 and
    /// the part's own ports.
    pub fn ports_of_instance(&self, part: Part, number: usize) -> Ports {
        if number == 0 {
            return self.ports(part);
        }
        let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        *more.entry((part, number)).or_insert_with(|| Ports { http: free_port(), metrics: free_port() })
    }

    /// As [`Board::command`], for the process of this number.
    ///
    /// # Errors
    /// When there is no such binary.
    pub fn instance(&self, part: Part, number: usize) -> Result<Command, Error> {
        Ok(self.instance_of((self.binaries)(part.name())?, part, number))
    }

    /// As [`Board::instance`], of another program than this build's.
    pub fn instance_of(&self, program: PathBuf, part: Part, number: usize) -> Command {
        let mut command = crate::process::Process::command(program).name(part.name()).clean_env();
        for (name, value) in environment::of(self, part, self.ports_of_instance(part, number)) {
            command = command.env(name, value);
        }
        command
    }

    /// What a part is told that nobody else may know, by the names of its settings.
    pub fn secrets_of(&self, part: Part) -> Vec<(&'static str, String)> {
        environment::secrets(self, part)
    }

    /// The login of a part in the database; `None` for one that has none.
    pub fn login(&self, part: Part) -> Option<String> {
        part.role().map(|_| login(part))
    }

    /// The database as a part sees it.
    pub fn database_url(&self, part: Part) -> String {
        self.servers.database_url(&login(part), &self.secrets.password)
    }
}

/// Logins are the server's: the same in each of its databases.
fn login(part: Part) -> String {
    format!("{}_login", part.role().as_deref().unwrap_or("nobody"))
}

fn free_or(port: u16) -> u16 {
    let free = port != 0 && crate::port::bind(port).is_ok();
    if free { port } else { free_port() }
}
