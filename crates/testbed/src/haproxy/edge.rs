//! HAProxy as the edge of Fly for one app: what it knows of machines it is told while it runs, it adds the headers that
//! Fly adds, lets a request name its machine, and lets requests wait while it knows of none.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::folder::Folder;
use crate::haproxy::{run, socket};
use crate::process::Process;
use crate::{Error, port};

const ROUTE: &str = include_str!("edge.lua");

/// How many machines it may know of at one time. Each has a place, from 1 on.
pub const PLACES: u8 = 250;

/// A running edge. It ends with this value.
#[derive(Debug)]
pub struct Edge {
    // Before the folder, which holds its socket.
    _process: Process,
    listen: SocketAddr,
    folder: Folder,
}

/// What an edge has to do at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// Requests that wait for a machine.
    pub waiting: u64,
    /// Requests at work, by the place of their machine. Those that named it are left out.
    pub at_work: BTreeMap<u8, u64>,
}

impl Edge {
    /// Starts it and waits until it listens. It knows of no machine. `region` is what it says it stands in.
    ///
    /// # Errors
    ///
    /// When HAProxy is not installed (Debian: `haproxy`), or does not start, with its words.
    pub async fn start(region: &str) -> Result<Self, Error> {
        let listen = SocketAddr::from(([127, 0, 0, 1], port::free_port()));
        let files = |folder: &std::path::Path, alive| {
            vec![("edge.lua", ROUTE.to_owned()), ("haproxy.cfg", configuration(folder, alive, listen, region))]
        };
        let (process, folder) = run(files).await?;
        Ok(Self { _process: process, listen, folder })
    }

    /// Where requests come in.
    pub fn address(&self) -> SocketAddr {
        self.listen
    }

    /// From now on requests go to this machine, too: by this id, at this address. Nobody else may have its place.
    ///
    /// # Errors
    ///
    /// When it does not answer on its socket, or has no such place.
    pub fn knows(&self, place: u8, id: &str, at: SocketAddr) -> Result<(), Error> {
        let (address, port) = (at.ip(), at.port());
        let said =
            socket::exchange(&self.socket(), &format!("set server machines/{place} addr {address} port {port}"))?;
        if !said.contains("change") {
            return Err(Error::Unfit(format!("haproxy, told of a machine at {at}: {said}")));
        }
        socket::order(&self.socket(), &format!("set server machines/{place} state ready"))?;
        socket::order(&self.socket(), &format!("fly knows {id} {place} {address} {port}"))
    }

    /// No new request goes to it. What it has begun goes on.
    ///
    /// # Errors
    ///
    /// When it does not answer on its socket, or has no such place.
    pub fn forgets(&self, place: u8, id: &str) -> Result<(), Error> {
        socket::order(&self.socket(), &format!("fly forgets {id}"))?;
        socket::order(&self.socket(), &format!("set server machines/{place} state maint"))
    }

    /// What it has to do now.
    ///
    /// # Errors
    ///
    /// When it does not answer on its socket.
    pub fn busy(&self) -> Result<Busy, Error> {
        let said = socket::exchange(&self.socket(), "fly look")?;
        read(&said).ok_or_else(|| Error::Unfit(format!("haproxy, asked what it has to do: {said}")))
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

fn read(said: &str) -> Option<Busy> {
    let mut busy = Busy::default();
    for line in said.lines().filter(|line| !line.is_empty()) {
        match line.split_once(' ')? {
            ("waiting", count) => busy.waiting = count.parse().ok()?,
            (place, count) => {
                busy.at_work.insert(place.parse().ok()?, count.parse().ok()?);
            }
        }
    }
    Some(busy)
}

/// A connection that is refused is tried elsewhere, and again, as Fly's proxy does some ninety times; whatever else a
/// machine does to a request, its client sees. A request whose caller has gone is given up. A caller's own words in Fly's
/// name are taken away. TLS would have ended before: machines are told that the caller came by it.
fn configuration(folder: &std::path::Path, alive: SocketAddr, listen: SocketAddr, region: &str) -> String {
    let folder = folder.display();
    let servers: String = (1..=PLACES).map(|place| format!("  server {place} 127.0.0.1:1\n")).collect();
    format!(
        "global
  log stdout format raw daemon notice
  stats socket {folder}/socket mode 600 level admin
  lua-load {folder}/edge.lua
  nbthread 1
defaults
  log global
  mode http
  option abortonclose
  timeout connect 2s
  timeout client 120s
  timeout server 120s
  timeout http-keep-alive 120s
  default-server disabled pool-purge-delay 4s
frontend alive
  bind {alive}
  monitor-uri /alive
frontend public
  bind {listen}
  http-request set-var(txn.client) src
  http-request set-var(txn.client) req.hdr(stand-in-client-ip) if {{ req.hdr(stand-in-client-ip) -m found }}
  http-request set-var(txn.id) uuid
  http-request lua.route
  http-request return status 502 if {{ var(txn.nobody) -m found }}
  http-request del-header fly- -m beg
  http-request del-header stand-in- -m beg
  http-request set-header fly-client-ip %[var(txn.client)]
  http-request set-header fly-request-id %[var(txn.id)]
  http-request set-header fly-region {region}
  http-request set-header fly-forwarded-port 443
  http-request set-header x-forwarded-proto https
  http-request set-header x-forwarded-port 443
  http-request set-header x-forwarded-ssl on
  http-request set-header x-forwarded-for \"%[req.fhdr(x-forwarded-for)], %[var(txn.client)]\" if {{ req.fhdr(x-forwarded-for) -m found }}
  http-request set-header x-forwarded-for %[var(txn.client)] unless {{ req.fhdr(x-forwarded-for) -m found }}
  http-request add-header via \"1.1 fly.io\"
  http-after-response set-header fly-request-id %[var(txn.id)]
  http-after-response set-header via \"1.1 fly.io\"
  use_backend one if {{ var(txn.address) -m found }}
  default_backend machines
backend one
  retries 0
  http-reuse never
  http-request set-dst var(txn.address)
  http-request set-dst-port var(txn.port)
  http-response set-header stand-in-machine %[var(txn.machine)]
  server one 0.0.0.0:0 enabled
backend machines
  retries 30
  option redispatch 1
  http-reuse always
  balance leastconn
  http-response set-header stand-in-machine %[srv_name,lua.machine]
{servers}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_has_to_do_is_read_by_place() {
        let busy = read("waiting 2\n7 3\n12 0\n\n").expect("understood");
        assert_eq!((busy.waiting, busy.at_work), (2, BTreeMap::from([(7, 3), (12, 0)])));
        assert_eq!(read("Unknown command"), None);
    }
}
