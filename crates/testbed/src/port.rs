//! Ports of 127.0.0.1 that nobody listens on.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};
use socket2::{Domain, Socket, Type};

/// Below 32768, where Linux takes the local ports of outgoing connections from: a server that is stopped and started
/// again must not find its port taken by somebody's connection. Above what well-known servers use.
const FIRST: u16 = 12_000;
const LAST: u16 = 31_999;

/// The handed-out ports' namesakes of UDP, where nobody here listens: whoever holds one has the port, and the operating
/// system gives it to one process alone, and takes it back when that ends.
static HELD: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

/// A port of 127.0.0.1 that is free now, and that no living process has had from here before.
///
/// # Panics
///
/// When a thousand draws found no free port.
pub fn free_port() -> u16 {
    let (port, held) = (0..1_000)
        .map(|_| draw())
        .find_map(|port| Some((port, hold(port)?)))
        .expect("one of a thousand ports drawn between 12000 and 31999 is free");
    HELD.lock().unwrap_or_else(PoisonError::into_inner).push(held);
    port
}

fn draw() -> u16 {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    FIRST + u16::from_le_bytes(bytes) % (LAST - FIRST + 1)
}

/// Keeps the port for this process, unless another has it or somebody listens on it.
fn hold(port: u16) -> Option<UdpSocket> {
    let held = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    bind(port).is_ok().then_some(held)
}

/// Fails where somebody listens. It does not listen itself: a child that another thread forks meanwhile has a copy of it until
/// it executes its program, and whoever was given the port could not listen there for so long.
pub(crate) fn bind(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_port_where_somebody_listens_is_not_given() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("any port");
        let port = listener.local_addr().expect("an address").port();
        assert!(hold(port).is_none());
    }

    #[test]
    fn while_one_is_looked_at_others_can_listen_there() {
        let port = free_port();
        // As a forked child has it until it executes its program.
        let _copy = bind(port).expect("it is free");
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("nobody listens there");
    }

    #[test]
    fn a_port_that_another_process_was_given_is_not_given_again() {
        let port = free_port();
        assert!(hold(port).is_none(), "whoever asks, here or elsewhere, asks the same operating system");
    }
}
