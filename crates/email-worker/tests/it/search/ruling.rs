//! What the real protocol says to each answer, worked out once.

use std::collections::HashMap;

use email_worker::protocol::{Attempt, Jitter, Past, Reply, Settlement, answer::Doubt, judge};
use time::macros::datetime;

use super::world::{Mutation, Ruling};

/// What a worker hears of its post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Heard {
    Accepted,
    Content,
    Unauthorized,
    TooMany,
    Concurrent,
    KeyReused,
    ServerError,
    Nothing,
}

const ALL: [Heard; 8] = [
    Heard::Accepted,
    Heard::Content,
    Heard::Unauthorized,
    Heard::TooMany,
    Heard::Concurrent,
    Heard::KeyReused,
    Heard::ServerError,
    Heard::Nothing,
];

impl Heard {
    fn answer(self, mails: usize) -> Reply {
        let accepted = match mails {
            1 => r#"{"data":[{"id":"1"}]}"#,
            _ => r#"{"data":[{"id":"1"},{"id":"2"}]}"#,
        };
        let (status, body) = match self {
            Self::Accepted => (200, accepted),
            Self::Content => (422, r#"{"name":"validation_error","message":"Invalid `to` field."}"#),
            Self::Unauthorized => (401, r#"{"name":"restricted_api_key"}"#),
            Self::TooMany => (429, r#"{"name":"rate_limit_exceeded"}"#),
            Self::Concurrent => (409, r#"{"name":"concurrent_idempotent_requests"}"#),
            Self::KeyReused => (409, r#"{"name":"invalid_idempotent_request"}"#),
            Self::ServerError => (500, r#"{"name":"application_error"}"#),
            Self::Nothing => return Reply::none(Doubt::TimedOut),
        };
        Reply::read(status, None, body.as_bytes(), mails)
    }
}

/// The rulings of the real protocol, by answer, mails and doubt.
pub(crate) struct Rulings(HashMap<(Heard, u32, bool), Ruling>);

impl Rulings {
    /// Asks the protocol, then applies the mutation to what it said.
    pub(crate) fn of(mutation: Mutation) -> Self {
        let mut rulings = HashMap::new();
        for heard in ALL {
            for mails in [1, 2] {
                for in_doubt in [false, true] {
                    let attempt =
                        Attempt { mails, number: 1, past: if in_doubt { Past::InDoubt } else { Past::Clean } };
                    let now = datetime!(2026-03-01 12:00 UTC);
                    let ruling = match judge(heard.answer(mails), &attempt, now, Jitter::new(0.5)) {
                        Settlement::Sent(ids) => {
                            assert_eq!(ids.len(), mails, "an id for each mail");
                            Ruling::Sent
                        }
                        Settlement::Dead(_) => Ruling::Dead,
                        Settlement::Dissolve => Ruling::Dissolve,
                        Settlement::Later { clear, .. } => Ruling::Later { clear: mutated(clear, heard, mutation) },
                        Settlement::Uncertain(_) => Ruling::Uncertain,
                    };
                    rulings.insert((heard, u32::try_from(mails).expect("few"), in_doubt), ruling);
                }
            }
        }
        Self(rulings)
    }

    pub(crate) fn get(&self, heard: Heard, mails: u32, in_doubt: bool) -> Ruling {
        self.0[&(heard, mails, in_doubt)]
    }
}

fn mutated(clear: bool, heard: Heard, mutation: Mutation) -> bool {
    let definite = matches!(heard, Heard::Unauthorized | Heard::TooMany);
    match mutation {
        Mutation::ClearAlways => clear || definite,
        Mutation::ClearNever => false,
        _ => clear,
    }
}
