//! Addresses of this machine's own, each with all ports for itself: a program can be told to listen on port 8080, and so
//! can the next.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use ring::rand::{SecureRandom, SystemRandom};

/// What is held of a network: a port of UDP at its last address, which nobody uses. Above 1,023, which only root may take;
/// below 32,768, from where on Linux gives ports to whoever asks for any.
const HELD: u16 = 9_009;
const _: () = assert!(HELD > 1_023, "who is not root may take it");

/// 250 addresses of 127.0.0.0/8 that no other living process has had from here. (Linux answers at each of the 16
/// million.)
#[derive(Debug)]
pub struct Loopback {
    network: [u8; 2],
    /// The operating system gives it to one process alone, and takes it back when that ends.
    _held: UdpSocket,
}

impl Loopback {
    /// Takes them.
    ///
    /// # Panics
    ///
    /// When a thousand draws found none free, with what the operating system said of the last.
    pub fn take() -> Self {
        let taken = (1..1_000).fold(Self::of(draw()), |taken, _| taken.or_else(|_| Self::of(draw())));
        taken.expect("one of a thousand networks drawn out of 25,600 is free")
    }

    fn of(network: [u8; 2]) -> io::Result<Self> {
        let held = UdpSocket::bind(SocketAddr::from((at(network, 254), HELD)))?;
        Ok(Self { network, _held: held })
    }

    /// The address of this number, from 1 to 250.
    ///
    /// # Panics
    ///
    /// When there is none of that number.
    pub fn address(&self, number: u8) -> Ipv4Addr {
        assert!((1..=250).contains(&number), "there is no address {number}");
        at(self.network, number)
    }
}

fn at([one, two]: [u8; 2], last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, one, two, last)
}

fn draw() -> [u8; 2] {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    [100 + bytes[0] % 100, bytes[1]]
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn two_programs_listen_on_one_port_at_addresses_of_their_own() {
        let loopback = Loopback::take();
        let listeners = [1, 250].map(|number| TcpListener::bind((loopback.address(number), 8080)));
        assert!(listeners.iter().all(Result::is_ok), "{listeners:?}");
    }

    #[test]
    fn addresses_that_are_taken_are_not_taken_again() {
        let loopback = Loopback::take();
        let again = Loopback::of(loopback.network).map(drop).map_err(|error| error.kind());
        assert_eq!(again, Err(io::ErrorKind::AddrInUse), "whoever asks, asks the same operating system");
    }
}
