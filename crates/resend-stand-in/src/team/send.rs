//! Send requests: taken in, worked on, settled.

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::caller::Act;
use super::{Caller, Team, Ticket, ticket};
use crate::answer::Answer;
use crate::behaviour::Fault;
use crate::idempotency::{Endpoint, Print, Seen, Slot};
use crate::mail::{self, Mail};
use crate::problem::Problem;
use crate::rate::Stand;

/// A send request, as it came.
pub(crate) struct Request<'a> {
    /// Where it came.
    pub(crate) endpoint: Endpoint,
    /// Who sends it.
    pub(crate) caller: Caller<'a>,
    /// The `Idempotency-Key` header.
    pub(crate) key: Option<&'a str>,
    /// The `x-batch-validation` header.
    pub(crate) validation: Option<&'a str>,
    /// The bytes of the body.
    pub(crate) body: &'a [u8],
}

/// What becomes of a send request.
pub(crate) enum Submission {
    /// It is answered at once.
    Answered(Answer),
    /// It is worked on: bring the ticket back after its latency.
    UnderWay(Ticket),
}

impl Team {
    /// Takes a send request in.
    pub(crate) fn submit(&mut self, now: OffsetDateTime, request: &Request<'_>) -> Submission {
        self.requests += 1;
        let rate = match self.admit(now, &request.caller, Act::Send) {
            Ok(rate) => rate,
            Err(refusal) => return Submission::Answered(refusal),
        };
        self.consider(now, rate, request).unwrap_or_else(|problem| Submission::Answered(Answer::from(problem).at(rate)))
    }

    fn consider(
        &mut self,
        now: OffsetDateTime,
        rate: Option<Stand>,
        request: &Request<'_>,
    ) -> Result<Submission, Problem> {
        let slot = slot(request)?;
        let print = Print::of(request.body);
        let mails = mails(request)?;
        let seen = slot.as_ref().map_or(Seen::Never, |slot| self.keys.look(now, slot, print));
        match seen {
            Seen::UnderWay => Err(Problem::new(
                409,
                "concurrent_idempotent_requests",
                "Same idempotency key used while original request is still in progress.",
            )),
            Seen::WithOtherBody => Err(Problem::new(
                409,
                "invalid_idempotent_request",
                "Same idempotency key used with a different request payload.",
            )),
            Seen::Answered(ids) => {
                let answer = match self.next_fault() {
                    Some(fault) => ticket::failed(&fault),
                    None => granted(request.endpoint, &ids),
                };
                Ok(Submission::Answered(answer.at(rate)))
            }
            Seen::Never => {
                if let Some(slot) = &slot {
                    self.keys.begin(slot.clone());
                }
                let (endpoint, latency, fault) = (request.endpoint, self.behaviour.latency, self.next_fault());
                Ok(Submission::UnderWay(Ticket { endpoint, latency, rate, slot, print, mails, fault }))
            }
        }
    }

    /// Ends a request that was under way: accepts its mails, unless it was to fail before that.
    pub(crate) fn settle(&mut self, now: OffsetDateTime, ticket: Ticket) -> Answer {
        let Ticket { endpoint, latency: _, rate, slot, print, mails, fault } = ticket;
        if let Some(fault) = fault.as_ref().filter(|fault| !fault.after_acceptance) {
            if let Some(slot) = &slot {
                self.keys.forget(slot);
            }
            return ticket::failed(fault).at(rate);
        }
        let key = slot.as_ref().map(|slot| slot.key.clone());
        let ids: Vec<Uuid> = mails.into_iter().map(|mail| self.accept(now, mail, key.clone())).collect();
        let answer = fault.as_ref().map_or_else(|| granted(endpoint, &ids), ticket::failed);
        if let Some(slot) = slot {
            self.keys.keep(now, slot, print, ids);
        }
        answer.at(rate)
    }

    fn accept(&mut self, now: OffsetDateTime, mail: Mail, key: Option<String>) -> Uuid {
        let id = self.chance.id(now);
        self.deliveries.add(now, id, mail, key);
        id
    }

    /// The script goes first. Half of the faults drawn by chance come after acceptance.
    fn next_fault(&mut self) -> Option<Fault> {
        if let Some(fault) = self.script.pop_front() {
            return Some(fault);
        }
        let rate = self.behaviour.fail_rate.get();
        let drawn = self.chance.share();
        (drawn < rate).then(|| Fault { after_acceptance: drawn >= rate / 2.0, ..Fault::default() })
    }
}

fn slot(request: &Request<'_>) -> Result<Option<Slot>, Problem> {
    let Some(key) = request.key else {
        return Ok(None);
    };
    if !(1..=256).contains(&key.chars().count()) {
        return Err(Problem::new(400, "invalid_idempotency_key", "The key must be between 1-256 chars."));
    }
    Ok(Some(Slot { endpoint: request.endpoint, key: key.to_owned() }))
}

fn mails(request: &Request<'_>) -> Result<Vec<Mail>, Problem> {
    if request.endpoint == Endpoint::Single {
        return mail::single(request.body);
    }
    match request.validation {
        None | Some("strict") => mail::batch(request.body),
        Some("permissive") => Err(Problem::not_here("`x-batch-validation: permissive`")),
        Some(_) => Err(Problem::new(422, "invalid_parameter", "`x-batch-validation` is `strict` or `permissive`.")),
    }
}

fn granted(endpoint: Endpoint, ids: &[Uuid]) -> Answer {
    let mut each = ids.iter().map(|id| json!({ "id": id }));
    match endpoint {
        Endpoint::Single => Answer::ok(each.next().unwrap_or_default()),
        Endpoint::Batch => Answer::ok(json!({ "data": each.collect::<Vec<Value>>() })),
    }
}
