//! Resend's API and an inbox page, for development and tests.
//!
//! Nothing is sent anywhere: an accepted mail lies in the inbox at `/`, where a person reads it and follows
//! its links, and under `/control`, where a test counts it. Requests and answers are written here from what
//! Resend documents and never share a type with the sender, so that a rule misread on one side shows.
//!
//! | path | what |
//! | --- | --- |
//! | `POST /emails`, `POST /emails/batch`, `GET /emails/{id}` | Resend's API |
//! | `GET /`, `GET /inbox/{id}`, `GET /inbox.json` | the inbox, for people and command lines |
//! | `GET`, `POST /control/behaviour` | how slowly and how badly to behave from now on |
//! | `GET`, `DELETE /control/deliveries` | what was accepted, and how often |
//!
//! Everything that decides is in `Team`, a plain value to which the time is given; what is around it reads
//! requests, waits and writes answers. Where Resend would quietly ignore something (an unknown field) or do
//! something that is not modelled (`scheduled_at`, `template`, `topic_id`, permissive batches), the answer is a 422 that
//! says so. Lists of mails, metrics, received mails and webhooks are not modelled either.
//!
//! The inbox and the control surface answer whoever asks for this machine by `localhost`, an address, or a name of its
//! own network, and no page of another site.

mod answer;
mod behaviour;
mod chance;
mod deliveries;
mod http;
mod idempotency;
mod mail;
mod mailbox;
mod page;
mod problem;
mod rate;
mod routes;
mod shared;
mod team;

pub use behaviour::{Access, Behaviour, Fault, NotAShare, Share};
pub use http::LARGEST_BODY;
pub use routes::routes;
pub use shared::Shared;
