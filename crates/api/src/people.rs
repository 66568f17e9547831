//! Who is signed in.

pub(crate) mod http;
mod store;

use platform::http::edge::Line;

/// A person's name.
pub(crate) type Name = Line<1, 100>;
