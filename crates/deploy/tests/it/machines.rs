//! The Machines API's client: over an in-process transport in virtual time, and over HTTP.

mod answers;
mod calls;
mod create;
mod http;
mod leases;
mod pace;
mod scripted;
mod secrecy;
pub(super) mod server;
mod unreadable;
mod wait;
