//! Ports of 127.0.0.1 that nobody listens on.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};

/// Below 32768, where Linux takes the local ports of outgoing connections from: a server that is stopped and started
/// again must not find its port taken by somebody's connection. Above what well-known servers use.
const FIRST: u16 = 12_000;
const LAST: u16 = 31_999;

/// Ports that this process handed out already: between the look and the use nobody listens on them.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of 127.0.0.1 that is free now, and that this process has not handed out before.
///
/// Drawn at random, so that tests of several processes that start at once rarely meet.
///
/// # Panics
///
/// When a thousand draws found no free port.
pub fn free_port() -> u16 {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    (0..1_000)
        .map(|_| draw())
        .find(|port| is_free(*port) && given.insert(*port))
        .expect("one of a thousand ports drawn between 12000 and 31999 is free")
}

fn draw() -> u16 {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    FIRST + u16::from_le_bytes(bytes) % (LAST - FIRST + 1)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
