//! PgBouncer before a Postgres: what many a host puts between a function and its database.

use std::net::SocketAddr;
use std::path::PathBuf;

use nix::unistd::{User, geteuid};

use crate::folder::{Folder, write_private};
use crate::postgres::Postgres;
use crate::process::Process;
use crate::{Error, port, wait};

/// Bound for its start on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// How long one of the server's connections is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lends {
    /// As long as the client is there.
    ForASession,
    /// For each transaction anew.
    ForATransaction,
}

/// A running pooler on 127.0.0.1 that lets everybody in, as the server's superuser. It ends with this value.
#[derive(Debug)]
pub struct PgBouncer {
    // Before the folder, which holds its configuration.
    process: Process,
    port: u16,
    _folder: Folder,
}

impl PgBouncer {
    /// Starts it before this server and waits until it listens. `settings` are further lines of its configuration, such
    /// as `ignore_startup_parameters = options`.
    ///
    /// # Errors
    ///
    /// When PgBouncer is not installed (Debian: `pgbouncer`), or does not start, with its words.
    pub async fn start(server: &Postgres, lends: Lends, settings: &[&str]) -> Result<Self, Error> {
        // It refuses to run as root, too.
        let owner = if geteuid().is_root() { User::from_name("postgres").ok().flatten() } else { None };
        let folder = Folder::open(None, owner.as_ref())?;
        let (port, file) = (port::free_port(), folder.path().join("pgbouncer.ini"));
        write_private(&file, configuration(server, lends, port, settings).as_bytes(), owner.as_ref())?;
        let process = Process::command(binary())
            .name("pgbouncer")
            .leaves(Some(folder.path()))
            .log_to(folder.path().join("pgbouncer.log"))
            .user(owner.as_ref())
            .arg(&file)
            .start()?;
        let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok();
        wait::until(PATIENCE, "pgbouncer listens", listens).await?;
        Ok(Self { process, port, _folder: folder })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The address of a database, without TLS.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// The process, for its log.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

fn configuration(server: &Postgres, lends: Lends, port: u16, settings: &[&str]) -> String {
    let mode = match lends {
        Lends::ForASession => "session",
        Lends::ForATransaction => "transaction",
    };
    let own = settings.join("\n");
    format!(
        "[databases]\n* = {}\n\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\npool_mode = {mode}\n{own}\n",
        server.superuser_pairs(),
    )
}

/// Debian puts it where only root's PATH looks.
fn binary() -> PathBuf {
    let installed = PathBuf::from("/usr/sbin/pgbouncer");
    if installed.exists() { installed } else { PathBuf::from("pgbouncer") }
}
