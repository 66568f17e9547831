//! nginx in front of one server: as the guides for sites with `WebSocket`s set it up, where connections to the server are
//! kept and every request offers an upgrade; or as a gate, which speaks TLS, wants a header and has a path of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::folder::Folder;
use crate::process::Process;
use crate::tls::Certificate;
use crate::{Error, port};

/// Bound for its start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running nginx. It ends with this value.
#[derive(Debug)]
pub struct Nginx {
    // Before the folder, where it writes.
    process: Process,
    address: SocketAddr,
    _folder: Folder,
}

/// What a gate wants of whoever comes.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Whom it says it is.
    pub certificate: Certificate,
    /// A header's name, in small letters, and its value; without it the answer is 401.
    pub header: (&'static str, &'static str),
    /// What paths begin with here, and nowhere behind it: `/in`.
    pub path: &'static str,
}

impl Nginx {
    /// Starts it before this server, and waits until it listens.
    ///
    /// # Errors
    ///
    /// When nginx is not installed (Debian: `nginx-light`), or does not start, with its words.
    pub async fn start(server: SocketAddr) -> Result<Self, Error> {
        let address = local();
        Self::of(address, address, server, &upgrading(address)).await
    }

    /// Starts it as a gate before this server, and waits until it listens.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub async fn gate(server: SocketAddr, gate: &Gate) -> Result<Self, Error> {
        let (address, alive) = (local(), local());
        Self::of(address, alive, server, &guarding(address, alive, gate)).await
    }

    async fn of(address: SocketAddr, alive: SocketAddr, server: SocketAddr, servers: &str) -> Result<Self, Error> {
        let folder = Folder::open(None, None)?;
        let file = folder.path().join("nginx.conf");
        let text = configuration(folder.path(), server, servers);
        std::fs::write(&file, text).map_err(Error::io(format!("could not write {}", file.display())))?;
        let process = Process::command(binary())
            .name("nginx")
            .leaves(Some(folder.path()))
            .log_to(folder.path().join("nginx.log"))
            .args(["-e", "stderr", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .start()?;
        process.wait_until_ok(&format!("http://{alive}/alive"), PATIENCE).await?;
        Ok(Self { process, address, _folder: folder })
    }

    /// Where requests come in.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process, for its log.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port::free_port()))
}

/// In the foreground and in one process, so that it is our child.
fn configuration(folder: &Path, server: SocketAddr, servers: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
master_process off;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream function {{ server {server}; keepalive 16; }}
{servers}}}
"
    )
}

fn upgrading(address: SocketAddr) -> String {
    format!(
        "  server {{
    listen {address};
    location = /alive {{ return 200; }}
    location / {{
      proxy_pass http://function;
      proxy_http_version 1.1;
      proxy_set_header Upgrade websocket;
      proxy_set_header Connection upgrade;
      proxy_next_upstream off;
    }}
  }}
"
    )
}

fn guarding(address: SocketAddr, alive: SocketAddr, gate: &Gate) -> String {
    let Gate { certificate: Certificate { certificate, key }, header: (name, value), path } = gate;
    let (certificate, key, name) = (certificate.display(), key.display(), name.replace('-', "_"));
    format!(
        "  server {{
    listen {alive};
    location = /alive {{ return 200; }}
  }}
  server {{
    listen {address} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    location {path}/ {{
      if ($http_{name} != \"{value}\") {{ return 401; }}
      proxy_pass http://function/;
    }}
  }}
"
    )
}

/// Debian puts it where only root's PATH looks.
fn binary() -> PathBuf {
    let installed = PathBuf::from("/usr/sbin/nginx");
    if installed.exists() { installed } else { PathBuf::from("nginx") }
}
