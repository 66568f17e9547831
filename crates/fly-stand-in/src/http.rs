//! Requests in, answers out. Nothing is decided here.

pub(crate) mod api;
pub(crate) mod control;
pub(crate) mod guard;
pub(crate) mod guests;
mod reply;
