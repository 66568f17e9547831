//! nginx in front of one server, as the guides for sites with `WebSocket`s set it up: connections to the server are kept,
//! and every request offers an upgrade.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::folder::Folder;
use crate::process::Process;
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

impl Nginx {
    /// Starts it before this server, and waits until it listens.
    ///
    /// # Errors
    ///
    /// When nginx is not installed (Debian: `nginx-light`), or does not start, with its words.
    pub async fn start(server: SocketAddr) -> Result<Self, Error> {
        let folder = Folder::open(None, None)?;
        let address = SocketAddr::from(([127, 0, 0, 1], port::free_port()));
        let file = folder.path().join("nginx.conf");
        let text = configuration(folder.path(), address, server);
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
        process.wait_until_ok(&format!("http://{address}/alive"), PATIENCE).await?;
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

/// In the foreground and in one process, so that it is our child.
fn configuration(folder: &Path, address: SocketAddr, server: SocketAddr) -> String {
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
  server {{
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
}}
"
    )
}

/// Debian puts it where only root's PATH looks.
fn binary() -> PathBuf {
    let installed = PathBuf::from("/usr/sbin/nginx");
    if installed.exists() { installed } else { PathBuf::from("nginx") }
}
