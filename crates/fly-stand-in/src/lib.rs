#![doc = include_str!("about.txt")]
//!
//! [`Fly`] decides everything: a pure value to which the time is given, so that a search may run it in virtual time, copy
//! it and go back. What a machine does is its [`Behaviour`], set by image or by machine; with [`Behaviour::told`] it does
//! nothing by itself, and whoever runs real processes tells each step with [`Fly::happen`]. [`Shared`] puts tokio's time
//! around it, and waits. [`site`] is the whole of it on this machine: real processes for machines, HAProxy before them, a
//! program or a thread to run it in. [`Local`] carries the real client's calls to that in this process, and [`routes()`] those that
//! come over HTTP. Requests and answers are written here from the recordings and never share a type with the client, so that a
//! rule misread on one side shows: of `deploy` only the seam is used that a transport fits into.
//!
//! | path | what |
//! | --- | --- |
//! | `/v1/apps/…` | Fly's API |
//! | `GET /control/state` | all there is, without any lag |
//! | `POST /control/settings` | how Fly itself behaves: [`Settings`], as far as named |
//! | `POST /control/behaviour` | `{"of": "all" or {"image": …} or {"machine": …}, "behaviour": …}`: [`Behaviour`] |
//! | `POST`, `DELETE /control/faults` | a list of [`Fault`]; none any more |
//! | `POST /control/happen` | `{"machine": …, "what": …}`: [`Happening`] |
//! | `POST /control/knock`, `GET /control/routed` | the proxies: a machine woken; those that get requests |
//! | `POST /control/programs` | a list of [`Program`]: which stand for images |
//! | `GET /control/guests`, `POST /control/signal` | what runs for each machine; `{"machine": …, "signal": "SIGKILL"}` |
//! | `POST /control/apps` | `{"name": …}`: one more app |
//!
//! All of them want the token, so that no page of another site can call any.

mod act;
mod answer;
mod behaviour;
mod config;
mod fault;
mod fly;
mod go_duration;
mod graphql;
mod guests;
mod http;
mod ids;
mod lagging;
mod lease;
mod local;
mod machine;
pub mod program;
mod programs;
mod rate;
mod refusal;
mod routes;
mod settings;
mod shared;
pub mod site;

pub use act::{Act, Request};
pub use answer::{Answer, Later, Reply};
pub use behaviour::{Behaviour, CheckBehaviour, Exits, Whose};
pub use fault::{Fault, Instead, Lands};
pub use fly::{Fly, Happening, NotNow, View};
pub use guests::Guest;
pub use local::Local;
pub use machine::{Host, State, Stop};
pub use programs::Program;
pub use rate::Rate;
pub use routes::{Door, Token, routes};
pub use settings::Settings;
pub use shared::Shared;
