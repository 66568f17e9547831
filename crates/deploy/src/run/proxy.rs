//! Fly's proxy, as a caller meets it.

mod http;

use std::future::Future;

use crate::machines::MachineId;

pub use http::HttpProxy;

/// An answer that came through the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body, or its beginning.
    pub body: String,
}

/// No answer came, and why, in words that hold no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached(pub String);

/// Asks machines through Fly's proxy.
pub trait Proxy {
    /// Asks one machine and no other (`fly-force-instance-id`) for a path of its function. Bounded by itself: 5 s.
    ///
    /// # Errors
    /// [`Unreached`]. What the proxy itself says of a machine that it does not reach is a [`Reply`], which is no report.
    fn ask(&self, machine: &MachineId, path: &str) -> impl Future<Output = Result<Reply, Unreached>>;
}
