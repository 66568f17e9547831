//! What stands between the network and a handler: the root span and the log line of each request, its deadline, the
//! way out during a drain, and the readers of bodies, queries and tokens.

mod caching;
mod caller;
mod client_address;
mod fields;
mod json;
mod once;
mod paging;
mod request;
mod text;

pub(crate) use caching::{FRESH_S, body_of, known};
pub use caching::{IfMatch, own, public};
pub use caller::{Caller, CurrentSession, MaybeCaller};
pub use client_address::{AddressSource, ClientAddress, Network};
pub use fields::{Body, Fields, Patch, Query, choice};
pub use once::{GivenTwice, once};
pub use paging::{Cursor, Paging};
pub(crate) use request::RequestMetrics;
pub(crate) use request::preflight;
pub use request::{RequestSpan, around};
pub use text::{Line, Prose, one_line};

/// The largest body that is read, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;
