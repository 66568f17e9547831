//! Sends one call, in its turn and within its bound, and says what came of it.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::error::{At, Doubt};
use super::pace::Pace;
use super::read::{Unreadable, Why, read};
use super::said;
use super::transport::{Answer, Lost, Nonce, Request, Transport};
use super::{AppName, Call, Error, Lease, MachineId, Meaning, On};

/// What remains of a lease must be more than this: a first call opens TLS on its way around the world.
const LEAST_LEFT: Duration = Duration::from_secs(2);

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A call, but for a wait: stop and destroy of a machine that another has leased were seen to hang until that lease
    /// ended, and a lease of ours is refreshed each 15 s.
    pub call: Duration,
    /// Between two calls of one kind on one machine, or on the app.
    pub interval: Duration,
    /// Between two looks at one machine: Fly lets five go in a second.
    pub look_interval: Duration,
    /// Between two lists.
    pub list_interval: Duration,
    /// How long a machine that was just made may be left out of a list, or be unknown by its id.
    pub lag: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(15),
            interval: Duration::from_secs(1),
            look_interval: Duration::from_millis(250),
            list_interval: Duration::from_secs(2),
            lag: Duration::from_secs(10),
        }
    }
}

/// The machines of one app.
#[derive(Debug)]
pub struct Machines<T> {
    pub(crate) app: AppName,
    pub(crate) limits: Limits,
    transport: T,
    pace: Pace,
}

/// One call, not yet sent.
pub(crate) struct Ask<'a> {
    pub(crate) call: Call,
    on: Option<On<'a>>,
    tail: String,
    nonce: Option<Nonce>,
    body: Option<Value>,
    limit: Option<Duration>,
}

impl<'a> Ask<'a> {
    /// Of the app.
    pub(crate) fn app(call: Call) -> Self {
        Self { call, on: None, tail: String::new(), nonce: None, body: None, limit: None }
    }

    /// Of a machine; under a lease, with its nonce.
    pub(crate) fn machine(call: Call, on: On<'a>) -> Self {
        let nonce = match on {
            On::Free(_) => None,
            On::Leased(lease) => Some(lease.nonce().clone()),
        };
        Self { on: Some(on), nonce, ..Self::app(call) }
    }

    /// With more of the path, or a query.
    pub(crate) fn tail(self, tail: String) -> Self {
        Self { tail, ..self }
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// With a nonce whose lease is not ours yet.
    pub(crate) fn nonce(self, nonce: Nonce) -> Self {
        Self { nonce: Some(nonce), ..self }
    }

    /// With a bound of its own.
    pub(crate) fn limit(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    fn on_machine(&self) -> Option<&'a MachineId> {
        self.on.map(On::machine)
    }

    fn lease(&self) -> Option<&'a Lease> {
        match self.on? {
            On::Free(_) => None,
            On::Leased(lease) => Some(lease),
        }
    }

    pub(crate) fn error(&self, meaning: Meaning, answer: Option<&Answer>) -> Error {
        let machine = self.on_machine().cloned();
        let status = answer.map(|answer| answer.status);
        let request_id = answer.and_then(|answer| answer.request_id.clone());
        Error::new(meaning, At { call: self.call, machine, status, request_id })
    }
}

/// A good answer, and when its call was sent.
pub(crate) struct Read<T> {
    pub(crate) value: T,
    pub(crate) sent: Instant,
}

impl<T: Transport> Machines<T> {
    /// Of this app, over this transport.
    pub fn new(transport: T, app: AppName) -> Self {
        Self::with_limits(transport, app, Limits::default())
    }

    /// With other limits: a rehearsal runs at a tenth of the real times.
    pub fn with_limits(transport: T, app: AppName, limits: Limits) -> Self {
        Self { app, limits, transport, pace: Pace::new(&limits) }
    }

    /// Sends a call and reads its answer.
    pub(crate) async fn ask<A: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<Read<A>, Error> {
        let (answer, sent) = self.exchange(&ask).await?;
        let value = read(&answer.body).map_err(|wrong| ask.error(Meaning::Unreadable(wrong), Some(&answer)))?;
        Ok(Read { value, sent })
    }

    /// Sends a call whose good answer is its status; an `ok` that is not true contradicts it.
    pub(crate) async fn tell(&self, ask: Ask<'_>) -> Result<(), Error> {
        let (answer, _) = self.exchange(&ask).await?;
        let ok = read::<Value>(&answer.body).ok().and_then(|body| body.get("ok").map(|ok| *ok == Value::Bool(true)));
        if ok == Some(false) {
            return Err(ask.error(Meaning::Unreadable(Unreadable::field("ok", Why::Wrong)), Some(&answer)));
        }
        Ok(())
    }

    async fn exchange(&self, ask: &Ask<'_>) -> Result<(Answer, Instant), Error> {
        let machine = ask.on_machine();
        self.pace.turn(ask.call, machine).await;
        let mut limit = ask.limit.unwrap_or(self.limits.call);
        if let Some(left) = ask.lease().map(Lease::left) {
            if left < LEAST_LEFT {
                return Err(ask.error(Meaning::LeaseEnds { left }, None));
            }
            limit = limit.min(left);
        }
        let sent = Instant::now();
        let answer = match tokio::time::timeout(limit, self.transport.send(self.request(ask))).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(Lost::NotSent(why))) => return Err(ask.error(Meaning::Unanswered(Doubt::Disconnected(why)), None)),
            Ok(Err(Lost::Cut(why))) => {
                return Err(ask.error(said::unknown(ask.call, Doubt::Disconnected(why)), None));
            }
            Err(_) => return Err(ask.error(said::unknown(ask.call, Doubt::TimedOut), None)),
        };
        if answer.status == 429 {
            let wait = self.pace.refused(ask.call, machine, seconds(&answer));
            return Err(ask.error(Meaning::RateLimited { wait }, Some(&answer)));
        }
        self.pace.passed(ask.call, machine);
        match answer.status {
            200..=299 => Ok((answer, sent)),
            _ => Err(ask.error(said::meaning(ask.call, &answer), Some(&answer))),
        }
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let machine = ask.on_machine().map(|id| format!("/machines/{id}")).unwrap_or_default();
        let path = format!("/v1/apps/{}{machine}{}{}", self.app, ask.call.path(), ask.tail);
        Request { method: ask.call.method(), path, nonce: ask.nonce.clone(), body: ask.body.clone() }
    }
}

/// In seconds; the other form, a date, depends on two clocks and is left.
fn seconds(answer: &Answer) -> Option<Duration> {
    answer.retry_after.as_ref()?.trim().parse().ok().map(Duration::from_secs)
}
