//! Every order of events of the outbox protocol, walked by a breadth-first search.
//!
//! The model has a database with two mails, two workers, Resend with its keys, and a clock. Each statement of `src/sql`
//! is one step and so is each post; between any two of them a worker may crash, or sleep while the other one and the
//! clock go on, past its lease and past the life of a key. Answers are lost with the mail accepted or not, a template
//! changes, a key for sign-in tokens is taken away. What follows from an answer is not modelled: it is read by the real
//! [`Reply::read`] and judged by the real [`judge`].
//!
//! Waits are left out (any batch may be tried at any time), which only adds orders of events. A tick of the clock is an
//! abstract step: a lease is 1, the longest stall between mark and wire 1, "23 hours" 2 and "24 hours" 3 of them; only
//! their order matters, and that a mark at the last moment before 23 h plus the longest stall ends before 24 h.
//!
//! The mutations take one rule out at a time; the search then has to find the harm that the rule prevents.
//!
//! [`Reply::read`]: email_worker::protocol::Reply::read
//! [`judge`]: email_worker::protocol::judge()

mod canonical;
mod database;
mod environment;
mod explore;
mod rules;
mod ruling;
mod tests;
mod worker;
mod world;
