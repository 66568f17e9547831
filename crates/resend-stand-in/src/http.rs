//! Requests in, answers out. Nothing is decided here.

pub(crate) mod control;
pub(crate) mod emails;
pub(crate) mod inbox;
pub(crate) mod refusal;
mod reply;
pub(crate) mod visitor;

pub use reply::LARGEST_BODY;
