//! A bound on the requests at work in a worker. Past it a request is refused before it costs anything: no span, no log
//! line of its own, no place among what is in flight. The few that are let in are answered in good time; without
//! the bound all of them would wait, and none would be.
//!
//! Refusing has a pace (`pace`): it must not take the time of those that are served.
//!
//! A request is at work from its head until its answer is made, but not while its body is still coming: whoever sends or
//! reads slowly costs a connection, which has a bound of its own, and keeps nobody from being served. How many bodies may
//! be coming has a bound, too, for the memory that they take. Past it the one that has been coming longest makes room: a
//! bound that refused newcomers would let a few hundred slow senders keep out everybody else.

mod pace;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_http::{HttpMessage as _, Request};
use actix_service::Service;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
    VARY,
};
use actix_web::web::Bytes;
use futures_util::future::{Either, FutureExt as _};
use tokio::sync::oneshot;

use crate::config::{Reader, setting};
use crate::drain::Drain;
use crate::http::cors::AllowedOrigins;
use crate::http::edge::RequestMetrics;
use crate::http::problem::{OVERLOADED, PROBLEM_JSON, Problem};
use crate::sabotage;
use crate::telemetry::metric::{Counter, Gauge, Instruments, Metrics, Registry};
use pace::Pace;

/// What a refused caller is told to wait.
pub(crate) const RETRY: Duration = Duration::from_secs(1);

/// For each place at work, so many bodies may be coming. Each is held in memory as far as it has come: by default 256 of
/// them, 64 KiB each, are 16 MiB.
const COMING: usize = 4;

/// The log tells of refusals this often at most.
const TELL: Duration = Duration::from_secs(1);

/// Reads how many requests may be at work in a worker.
pub fn read(from: &mut Reader) -> Option<usize> {
    from.count(setting("AT_WORK_MAX", "requests that a worker works at; more are refused with 503"), 1..=65_536, 64)
}

/// Counts what one worker works at.
#[derive(Clone, Debug)]
pub struct Gate(Rc<Worker>);

#[derive(Debug)]
struct Worker {
    most: usize,
    at_work: Cell<usize>,
    /// The bodies that are coming, by the number of their wait.
    coming: RefCell<BTreeMap<u64, oneshot::Sender<Infallible>>>,
    /// Waits for bodies that there have been.
    waits: Cell<u64>,
    /// Those that wait to be refused.
    refused: Cell<u32>,
    /// Refused since the log was last told.
    untold: Cell<u64>,
    pace: RefCell<Pace>,
    /// What every refused caller is told, written once.
    told: Bytes,
    metrics: GateMetrics,
    requests: RequestMetrics,
    drain: Drain,
    origins: AllowedOrigins,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.metrics.limit.dec_by(i64::try_from(self.most).unwrap_or(i64::MAX));
    }
}

#[derive(Clone, Debug)]
struct GateMetrics {
    at_work: Gauge,
    limit: Gauge,
    refused: Counter,
}

impl Instruments for GateMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self {
            at_work: registry.add("requests_at_work", "Requests at work"),
            limit: registry.add("requests_at_work_limit", "Requests that may be at work"),
            refused: registry.add("requests_overloaded", "Requests refused because too many were at work"),
        }
    }
}

/// Every place is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("as many requests are at work as may be")]
pub struct Full;

/// Why a request that waited for its body is not gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// No place was free when the body had come.
    #[error(transparent)]
    Full(#[from] Full),
    /// As many bodies were coming as may, and this one had been coming longest.
    #[error("more bodies are coming than may be")]
    MadeRoom,
}

impl Gate {
    /// Lets `most` requests be at work.
    #[must_use]
    pub fn new(most: usize, metrics: &Metrics, drain: Drain, origins: AllowedOrigins) -> Self {
        let (told, requests) = (Problem::from(OVERLOADED).text().into(), metrics.of());
        let metrics: GateMetrics = metrics.of();
        // One gate a worker.
        metrics.limit.inc_by(i64::try_from(most).unwrap_or(i64::MAX));
        let (at_work, waits, refused, untold) = (Cell::new(0), Cell::new(0), Cell::new(0), Cell::new(0));
        let (coming, pace) = (RefCell::default(), RefCell::new(Pace::quiet(Instant::now())));
        Self(Rc::new(Worker {
            most,
            at_work,
            coming,
            waits,
            refused,
            untold,
            pace,
            told,
            metrics,
            requests,
            drain,
            origins,
        }))
    }

    /// A place at work.
    ///
    /// # Errors
    /// When none is free.
    pub fn enter(&self) -> Result<Place, Full> {
        let place = Place(Rc::new(Held { gate: self.clone(), holds: Cell::new(false) }));
        place.take()?;
        Ok(place)
    }

    /// Lets a request through to what serves it, or refuses it.
    pub fn pass<S>(
        &self,
        request: Request,
        service: &S,
    ) -> impl Future<Output = Result<S::Response, HttpResponse>> + use<S>
    where
        S: Service<Request, Error = HttpResponse>,
    {
        match self.enter() {
            Ok(place) => {
                request.extensions_mut().insert(place.clone());
                let work = service.call(request);
                Either::Left(async move {
                    let answer = work.await;
                    place.leave();
                    place.0.gate.0.pace.borrow_mut().answer();
                    answer
                })
            }
            Err(Full) => {
                let (gate, turned_away) = (self.clone(), TurnedAway::from(self));
                let origin = self.0.origins.allowed(request.headers());
                let wait = self.0.pace.borrow_mut().refuse(self.0.refused.get(), Instant::now());
                Either::Right(async move {
                    if !wait.is_zero() && !sabotage::takes_out("pace of refusals") {
                        tokio::time::sleep(wait).await;
                    }
                    drop((request, turned_away));
                    Err(gate.refuse(origin))
                })
            }
        }
    }

    /// A page in a browser, of this origin, may read it.
    fn refuse(&self, origin: Option<HeaderValue>) -> HttpResponse {
        self.note();
        self.0.requests.unrouted(OVERLOADED);
        let mut answer = HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE);
        answer.insert_header((CONTENT_TYPE, PROBLEM_JSON)).insert_header((RETRY_AFTER, RETRY.as_secs()));
        answer.insert_header((CACHE_CONTROL, "no-store")).insert_header((VARY, "Authorization, Origin"));
        if let Some(origin) = origin {
            answer.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin));
            answer.insert_header((ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After"));
        }
        if self.0.drain.begun() {
            answer.force_close();
        }
        answer.body(self.0.told.clone())
    }

    /// Counts a refusal, for the metrics at once, for the log once a second.
    fn note(&self) {
        self.0.metrics.refused.inc();
        let untold = self.0.untold.replace(self.0.untold.get() + 1);
        if untold == 0 {
            let worker = self.0.clone();
            actix_web::rt::spawn(async move {
                tokio::time::sleep(TELL).await;
                tracing::warn!(refused = worker.untold.take(), at_work_max = worker.most, "overloaded");
            });
        }
    }
}

/// A place at work, which is free again when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Place(Rc<Held>);

#[derive(Debug)]
struct Held {
    gate: Gate,
    holds: Cell<bool>,
}

impl Place {
    /// Waits for what is not work, such as a body that is still coming: the place is free meanwhile.
    ///
    /// # Errors
    /// When it has to make room for others that wait, or when no place is free afterwards.
    pub async fn idle<F: Future>(&self, wait: F) -> Result<F::Output, Stopped> {
        let mut wait = pin!(wait);
        // A body that came with its head is there by the second look. Those that are slow do not keep it out.
        for _ in 0..2 {
            if let Some(waited) = wait.as_mut().now_or_never() {
                return Ok(waited);
            }
            tokio::task::yield_now().await;
        }
        let mut waiting = Waiting::begin(&self.0.gate);
        self.leave();
        let waited = tokio::select! {
            biased;
            waited = &mut wait => waited,
            _ = &mut waiting.room => return Err(Stopped::MadeRoom),
        };
        drop(waiting);
        self.take().inspect_err(|Full| self.0.gate.note())?;
        Ok(waited)
    }

    fn take(&self) -> Result<(), Full> {
        let worker = &self.0.gate.0;
        if worker.at_work.get() >= worker.most && !sabotage::takes_out("overload bound") {
            return Err(Full);
        }
        worker.at_work.set(worker.at_work.get() + 1);
        worker.metrics.at_work.inc();
        self.0.holds.set(true);
        Ok(())
    }

    fn leave(&self) {
        self.0.leave();
    }
}

impl Held {
    fn leave(&self) {
        if self.holds.take() {
            let worker = &self.gate.0;
            worker.at_work.set(worker.at_work.get() - 1);
            worker.metrics.at_work.dec();
        }
    }
}

/// One of those that wait to be refused.
struct TurnedAway(Gate);

impl TurnedAway {
    fn from(gate: &Gate) -> Self {
        gate.0.refused.set(gate.0.refused.get() + 1);
        Self(gate.clone())
    }
}

impl Drop for TurnedAway {
    fn drop(&mut self) {
        self.0.0.refused.set(self.0.0.refused.get() - 1);
    }
}

/// One of those that wait for a body.
struct Waiting {
    gate: Gate,
    number: u64,
    /// Ends when it has to make room: its other half is dropped.
    room: oneshot::Receiver<Infallible>,
}

impl Waiting {
    fn begin(gate: &Gate) -> Self {
        let Worker { most, coming, waits, .. } = &*gate.0;
        let (number, (stays, room)) = (waits.get(), oneshot::channel());
        waits.set(number + 1);
        let mut coming = coming.borrow_mut();
        if coming.len() >= COMING * most && !sabotage::takes_out("bound on bodies") {
            coming.pop_first();
        }
        coming.insert(number, stays);
        Self { gate: gate.clone(), number, room }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.gate.0.coming.borrow_mut().remove(&self.number);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
