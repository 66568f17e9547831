//! The team: everything that decides.
//!
//! A send request goes through [`Team::submit`], which refuses it, replays an earlier answer, or hands out a
//! [`Ticket`]. The ticket is brought back to [`Team::settle`] after the latency: only then is the mail
//! accepted. In between, its key is under way.

mod caller;
mod send;
mod ticket;

use std::collections::VecDeque;

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use caller::Act;
pub(crate) use caller::Caller;
pub(crate) use send::{Request, Submission};
pub(crate) use ticket::Ticket;

use crate::answer::Answer;
use crate::behaviour::{Behaviour, Change, Fault};
use crate::chance::Chance;
use crate::deliveries::{Deliveries, Delivery};
use crate::idempotency::Keys;
use crate::problem::Problem;
use crate::rate::{RateWindow, Stand};

/// A Resend team with its key, its limits, its keys and its mails.
pub(crate) struct Team {
    behaviour: Behaviour,
    script: VecDeque<Fault>,
    chance: Chance,
    rate: RateWindow,
    keys: Keys,
    deliveries: Deliveries,
    requests: u64,
}

impl Team {
    /// A team without mails.
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        let chance = Chance::new(behaviour.seed);
        Self {
            behaviour,
            script: VecDeque::new(),
            chance,
            rate: RateWindow::default(),
            keys: Keys::default(),
            deliveries: Deliveries::default(),
            requests: 0,
        }
    }

    /// The mail with this id.
    pub(crate) fn email(&mut self, now: OffsetDateTime, caller: &Caller<'_>, id: &str) -> Answer {
        let rate = match self.admit(now, caller, Act::Manage) {
            Ok(rate) => rate,
            Err(refusal) => return refusal,
        };
        let Ok(id) = Uuid::parse_str(id) else {
            let problem = Problem::new(422, "invalid_parameter", "The parameter must be a valid UUID.");
            return Answer::from(problem).at(rate);
        };
        let found = self.deliveries.find(id).map(|delivery| Answer::ok(delivery.email()));
        found.unwrap_or_else(|| Problem::not_found("Email not found").into()).at(rate)
    }

    /// Changes the behaviour, whole or not at all; the error says what cannot be.
    pub(crate) fn change(&mut self, change: Change) -> Result<(), String> {
        change.apply(&mut self.behaviour, &mut self.script)
    }

    /// How the team behaves now, without its key.
    pub(crate) fn behaviour(&self) -> Value {
        json!({
            "latency_ms": u64::try_from(self.behaviour.latency.as_millis()).unwrap_or(u64::MAX),
            "fail_rate": self.behaviour.fail_rate,
            "rate_limit": self.behaviour.rate_limit,
            "access": self.behaviour.access,
            "fail_next": self.script,
        })
    }

    /// All that was accepted.
    pub(crate) fn deliveries(&self) -> &Deliveries {
        &self.deliveries
    }

    /// All that was accepted and how often it was asked for, for tests.
    pub(crate) fn report(&self) -> Value {
        let deliveries: Vec<Value> = self.deliveries.kept().map(Delivery::record).collect();
        json!({ "count": self.deliveries.count(), "requests": self.requests, "deliveries": deliveries })
    }

    /// Empties the inbox and counts from nothing. Keys are not forgotten: a request from before, repeated
    /// after, must still not be a second mail.
    pub(crate) fn clear(&mut self) {
        self.deliveries = Deliveries::default();
        self.requests = 0;
    }

    fn admit(&mut self, now: OffsetDateTime, caller: &Caller<'_>, act: Act) -> Result<Option<Stand>, Answer> {
        caller.check(act, self.behaviour.api_key.as_deref(), self.behaviour.access)?;
        let Some(limit) = self.behaviour.rate_limit else {
            return Ok(None);
        };
        self.rate.take(now, limit).map(Some).map_err(|stand| {
            let message = format!("Too many requests. You can only make {limit} requests per second.");
            let problem = Problem::new(429, "rate_limit_exceeded", message);
            Answer { retry_after: Some(stand.reset), ..problem.into() }.at(Some(stand))
        })
    }
}

#[cfg(test)]
mod tests;
