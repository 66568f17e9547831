//! Lists of applications: a person's own, and those of a job for its company's members.

pub(crate) mod http;
mod store;
