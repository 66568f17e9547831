//! Fly's Machines API: what a blue-green deploy uses of it.
//!
//! [`Machines`] is the client. What it says no to, or cannot know, is a [`Meaning`]: a caller matches on that. It repeats
//! nothing but what it has to in order to keep its word (a create that is looked up by its name, a wait that lasts longer
//! than Fly waits, a lease whose answer got lost); everything else is decided above it, by what is seen next.
//!
//! Below it stands a [`Transport`], which carries one request to one answer: [`Http`] over the network, or a stand-in in
//! this very process. The seam is there, and not at the client's calls, because whoever searches a deploy for its faults
//! wants the reading of answers, the pace, the bounds and the look-ups searched with it. All waiting goes by tokio's
//! clock, so that a test which stops that clock has it all in virtual time. A transport needs no thread: its future may
//! stay on the one that it was made on.

mod call;
mod calls;
mod client;
mod create;
mod error;
mod event;
mod http;
mod lease;
mod machine;
mod names;
mod pace;
mod read;
mod said;
mod settings;
mod state;
mod token;
mod transport;
mod wait;

pub use call::{Call, On};
pub use calls::{App, Organization, SecretDigest, Signal};
pub use client::{Limits, Machines};
pub use create::NewMachine;
pub use error::{Doubt, Error, Holder, Meaning, Said};
pub use event::{Event, Exit};
pub use http::Http;
pub use lease::Lease;
pub use machine::{Check, CheckStatus, Config, HostStatus, ImageRef, Machine};
pub use names::{AppName, InstanceId, MachineId, MachineName, MetadataKey, Misnamed, Region};
pub use read::{Unreadable, Why};
pub use settings::{ApiAddress, FlySettings};
pub use state::State;
pub use token::Token;
pub use transport::{Answer, Lost, Nonce, Request, Transport};
