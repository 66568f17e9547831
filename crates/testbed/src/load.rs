//! Load on a function: clients that ask as they are told and judge every answer, or requests that come by a clock. Each
//! load runs on a thread of its own.

mod apart;
mod body;
pub mod closed_loop;
mod connection;
mod exchange;
pub mod open_loop;
mod report;
mod steady;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use crate::http::Answer;

pub use connection::{Connection, Lost};
pub use report::{Report, Seen};
pub use steady::{Arrivals, Plan, Steady};

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Such as `GET`.
    pub method: &'static str,
    /// From the first `/` on.
    pub path: String,
    /// Beside `Host` and `Content-Length`.
    pub headers: BTreeMap<&'static str, String>,
    /// Nothing, or what goes with it.
    pub body: String,
    /// How long the body takes to go out, in pieces.
    pub slowly: Duration,
}

impl Ask {
    /// GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), ..Self::default() }
    }

    /// POST of JSON.
    pub fn post(path: impl Into<String>, body: impl ToString) -> Self {
        let asked = Self { method: "POST", path: path.into(), body: body.to_string(), ..Self::default() };
        asked.header("content-type", "application/json")
    }

    /// With a body that takes this time to go out.
    #[must_use]
    pub fn slowly(self, time: Duration) -> Self {
        Self { slowly: time, ..self }
    }

    /// As it goes out to this address over HTTP/1.1, all at once.
    fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {address}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            // Writing to a string never fails.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            let _ = write!(text, "content-length: {}\r\n", self.body.len());
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text.into_bytes()
    }

    /// With one more header, its name in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}

/// What clients ask, and what they may be answered.
pub trait Script: Send + Sync + 'static {
    /// The request of this number, from 0 on.
    fn ask(&self, number: u64) -> Ask;

    /// What kind of answer that was, in a word for the report; else what is wrong with it.
    ///
    /// # Errors
    ///
    /// When a client must not be answered so.
    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String>;
}

impl Script for Box<dyn Script> {
    fn ask(&self, number: u64) -> Ask {
        (**self).ask(number)
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        (**self).judge(number, answer)
    }
}
