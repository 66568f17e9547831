//! The whole board on this machine: servers, a migrated database, logins, keys, and each function's environment. What
//! `boardctl up` shows a person is what tests run against.

mod environment;
mod person;
mod servers;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

pub use person::Person;
pub use servers::{Given, Servers};

use crate::Error;
use crate::port::free_port;
use crate::process::Command;
use crate::token::KeyPair;

/// The key that Resend's stand-in takes.
pub const RESEND_KEY: &str = "re_development";

/// A process of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Resend's API and an inbox.
    ResendStandIn,
    /// People, sign-in, companies, jobs.
    Api,
    /// Applications.
    Applications,
    /// Mail.
    EmailWorker,
}

impl Part {
    /// Every part, in the order in which they start.
    pub const ALL: [Self; 4] = [Self::ResendStandIn, Self::Api, Self::Applications, Self::EmailWorker];

    /// The name of its crate and binary.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResendStandIn => "resend-stand-in",
            Self::Api => "api",
            Self::Applications => "applications",
            Self::EmailWorker => "email-worker",
        }
    }

    /// The group role that its login is a member of; the stand-in has no database.
    fn role(self) -> Option<&'static str> {
        match self {
            Self::ResendStandIn => None,
            Self::Api => Some("board_api"),
            Self::Applications => Some("board_applications"),
            Self::EmailWorker => Some("board_email_worker"),
        }
    }
}

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
    ports: [Ports; 4],
    more: Mutex<BTreeMap<(Part, usize), Ports>>,
    binaries: fn(&str) -> Result<PathBuf, Error>,
}

impl Board {
    /// Takes servers that are running, brings the database forward and makes the logins. `binaries` tells where a
    /// binary is; `wanted` names ports for requests, in the order of [`Part::ALL`]: where one is taken, and where none
    /// are wanted, any free ones.
    ///
    /// # Errors
    /// When the database cannot be brought forward, with what `migrate` said.
    pub async fn migrated(
        servers: Servers,
        secrets: Secrets,
        binaries: fn(&str) -> Result<PathBuf, Error>,
        wanted: [u16; 4],
    ) -> Result<Self, Error> {
        let ports = wanted.map(|port| Ports { http: free_or(port), metrics: free_port() });
        let board = Self { servers, secrets, ports, more: Mutex::default(), binaries };
        let migrate = crate::process::Process::command((board.binaries)("migrate")?).name("migrate").clean_env();
        migrate.env("DATABASE_URL", board.servers.owner_url()).run()?;
        for part in Part::ALL {
            if let Some(role) = part.role() {
                board.servers.login(&login(part), &board.secrets.password, role).await?;
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
        Self::migrated(servers, Secrets::generate(), crate::cargo::binary, [0; 4]).await
    }

    /// Where a part listens, whether it runs or not.
    pub fn ports(&self, part: Part) -> Ports {
        self.ports[part as usize]
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
    format!("{}_login", part.role().unwrap_or("nobody"))
}

fn free_or(port: u16) -> u16 {
    let free = port != 0 && std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    if free { port } else { free_port() }
}
