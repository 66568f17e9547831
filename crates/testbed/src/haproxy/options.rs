//! How the proxy is to be, and the file that tells it so.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::port;

/// Options of [`super::HaProxy::start`].
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) backends: Vec<Backend>,
    check_every: Duration,
    keep_idle: Duration,
}

/// A backend, and where its requests come in.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    pub(super) name: String,
    pub(super) listen: SocketAddr,
    pub(super) servers: Vec<SocketAddr>,
}

impl Default for Options {
    fn default() -> Self {
        Self { backends: Vec::new(), check_every: Duration::from_millis(500), keep_idle: Duration::from_secs(4) }
    }
}

impl Options {
    /// One more backend with these servers, which need not listen yet. Its requests come in at a port of its own.
    #[must_use]
    pub fn backend(mut self, name: &str, servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], port::free_port()));
        self.backends.push(Backend { name: name.to_owned(), listen, servers: servers.into_iter().collect() });
        self
    }

    /// How often each server is asked for `/routable`; one answer decides. 500 ms unless said otherwise.
    #[must_use]
    pub fn check_every(mut self, time: Duration) -> Self {
        self.check_every = time;
        self
    }

    /// About how long an idle connection to a server is kept for the next request. 4 s as Fly's proxy, unless said
    /// otherwise.
    #[must_use]
    pub fn keep_idle(mut self, time: Duration) -> Self {
        self.keep_idle = time;
        self
    }

    /// The configuration. Names are ours and need no quotes. Nothing is repeated but a connection that was refused:
    /// whatever else a server does to a request, its client sees.
    pub(super) fn configuration(&self, folder: &Path, alive: SocketAddr) -> String {
        let folder = folder.display();
        let mut text = format!(
            "global
  log stdout format raw daemon notice
  stats socket {folder}/socket mode 600 level admin
  lua-load {folder}/hold.lua
  nbthread 1
defaults
  log global
  mode http
  retries 3
  option redispatch
  http-reuse always
  timeout connect 2s
  timeout client 120s
  timeout server 120s
  timeout http-keep-alive 120s
  default-server check inter {check} fall 1 rise 1 pool-purge-delay {keep}
frontend alive
  bind {alive}
  monitor-uri /alive
",
            check = milliseconds(self.check_every),
            keep = milliseconds(self.keep_idle),
        );
        for Backend { name, listen, servers } in &self.backends {
            // Writing into a String cannot fail.
            let _ = write!(
                text,
                "frontend {name}\n  bind {listen}\n  http-request lua.hold {name}\n  default_backend {name}\n\
                 backend {name}\n  option httpchk GET /routable\n"
            );
            for (number, server) in servers.iter().enumerate() {
                let _ = writeln!(text, "  server {number} {server}");
            }
        }
        text
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}
