//! HAProxy, made to route as Fly's proxy does: by `/routable`, and with no server to route to it waits instead of
//! answering. What it is told at its start holds to its end; servers come and go at addresses of their own.

mod edge;
mod options;
mod socket;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use edge::{Busy, Edge, PLACES};
pub use options::Options;

use crate::folder::Folder;
use crate::process::Process;
use crate::{Error, port, wait};

const HOLD: &str = include_str!("haproxy/hold.lua");

/// Bound for its start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running proxy. It ends with this value.
#[derive(Debug)]
pub struct HaProxy {
    // Before the folder, which holds its socket.
    process: Process,
    options: Options,
    folder: Folder,
}

impl HaProxy {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    ///
    /// When HAProxy is not installed (Debian: `haproxy`), or does not start, with its words.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let files = |folder: &Path, alive| {
            vec![("hold.lua", HOLD.to_owned()), ("haproxy.cfg", options.configuration(folder, alive))]
        };
        let (process, folder) = run(files).await?;
        Ok(Self { process, options, folder })
    }

    /// Where the requests for a backend come in.
    ///
    /// # Panics
    ///
    /// When there is no such backend.
    pub fn address(&self, backend: &str) -> SocketAddr {
        let found = self.options.backends.iter().find(|its| its.name == backend);
        found.map(|its| its.listen).unwrap_or_else(|| panic!("there is no backend {backend}"))
    }

    /// The process, for its memory and log.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Which servers of a backend it routes to now.
    ///
    /// # Errors
    ///
    /// When it does not answer on its socket.
    pub fn routed(&self, backend: &str) -> Result<Vec<bool>, Error> {
        socket::routed(&self.socket(), backend)
    }

    /// Waits until it routes to these servers of a backend and to no others.
    ///
    /// # Errors
    ///
    /// [`Error::Late`] with what it routes to instead.
    pub async fn wait_until_routed(&self, backend: &str, wanted: &[bool], deadline: Duration) -> Result<(), Error> {
        let mut seen = String::new();
        let what = format!("haproxy routes {backend} to {wanted:?}");
        let done = wait::until(deadline, &what, async || {
            let routed = self.routed(backend);
            seen = format!("; instead: {routed:?}");
            routed.is_ok_and(|routed| routed == wanted)
        });
        done.await.map_err(|_| Error::Late { what, deadline, seen })
    }

    /// Routes no new request to a server, whatever its checks say.
    ///
    /// # Errors
    ///
    /// When it does not answer on its socket, or knows no such server.
    pub fn cordon(&self, backend: &str, server: usize) -> Result<(), Error> {
        socket::order(&self.socket(), &format!("set server {backend}/{server} state maint"))
    }

    /// Routes to a server again as soon as its checks are good.
    ///
    /// # Errors
    ///
    /// When it does not answer on its socket, or knows no such server.
    pub fn uncordon(&self, backend: &str, server: usize) -> Result<(), Error> {
        socket::order(&self.socket(), &format!("set server {backend}/{server} state ready"))
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

/// Writes its files into a folder of its own, starts it there, and waits until it answers at the address that it was told
/// to be alive at.
async fn run(files: impl FnOnce(&Path, SocketAddr) -> Vec<(&'static str, String)>) -> Result<(Process, Folder), Error> {
    let folder = Folder::open(None, None)?;
    let alive = SocketAddr::from(([127, 0, 0, 1], port::free_port()));
    for (name, text) in files(folder.path(), alive) {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map_err(Error::io(format!("could not write {}", path.display())))?;
    }
    let process = Process::command(binary())
        .name("haproxy")
        .leaves(Some(folder.path()))
        .log_to(folder.path().join("haproxy.log"))
        // In the foreground, so that it is our child.
        .args(["-db", "-f"])
        .arg(folder.path().join("haproxy.cfg"))
        .start()?;
    process.wait_until_ok(&format!("http://{alive}/alive"), PATIENCE).await?;
    Ok((process, folder))
}

/// Debian puts it where only root's PATH looks.
fn binary() -> PathBuf {
    let installed = PathBuf::from("/usr/sbin/haproxy");
    if installed.exists() { installed } else { PathBuf::from("haproxy") }
}
