//! Jobs: drafts that only their company sees, published ones that everybody sees, closed ones. What was never published
//! stays unseen, closed or not.

mod details;
pub(crate) mod http;
mod pay;
mod status;
mod store;

pub(crate) use details::{Changes, Details};
pub(crate) use pay::Pay;
