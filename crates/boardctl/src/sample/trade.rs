//! Trades: who hires, for which roles, and how a job of that trade reads.
//!
//! Each trade's sentences fit each of its roles and fields, as they are combined freely. A sentence stands by itself, so
//! that it can be a line of a list or a part of a paragraph.

mod accounting;
mod carpentry;
mod customer_care;
mod design;
mod engineering;
mod kitchens;
mod law;
mod logistics;
mod nursing;
mod public_service;
mod research;
mod retail;
mod software;
mod teaching;

use super::job::{Kind, Remote};
use super::place::Country;

/// Every trade; the first company of the first one is the employer's.
pub(super) static ALL: [Trade; 14] = [
    software::TRADE,
    nursing::TRADE,
    teaching::TRADE,
    engineering::TRADE,
    logistics::TRADE,
    kitchens::TRADE,
    retail::TRADE,
    accounting::TRADE,
    design::TRADE,
    carpentry::TRADE,
    law::TRADE,
    research::TRADE,
    customer_care::TRADE,
    public_service::TRADE,
];

/// A trade.
pub(super) struct Trade {
    /// Where the work is done, by weight.
    pub(super) remote: &'static [(Remote, u64)],
    /// What kinds of work there are for who is trained, by weight.
    pub(super) kinds: &'static [(Kind, u64)],
    /// Hands-on work, paid by the hour in countries where that is usual.
    pub(super) by_hour: bool,
    /// Who hires.
    pub(super) employers: &'static [Employer],
    /// For what.
    pub(super) roles: &'static [Role],
    /// In what.
    pub(super) fields: &'static [Field],
    /// What you will do.
    pub(super) tasks: &'static [&'static str],
    /// What you bring, if trained.
    pub(super) brings: &'static [&'static str],
    /// What we offer.
    pub(super) offers: &'static [&'static str],
}

/// An invented company.
#[derive(Clone, Copy)]
pub(super) struct Employer {
    /// Its name.
    pub(super) name: &'static str,
    /// The name of its site, under `.example`.
    pub(super) site: &'static str,
    /// A sentence that follows the name: "runs …".
    pub(super) about: &'static str,
    /// Where it has jobs; the first is its seat.
    pub(super) cities: &'static [&'static str],
    /// The country of all of them.
    pub(super) country: Country,
}

/// How far somebody in a role has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Learns the trade.
    Trainee,
    /// Knows the trade.
    Trained,
    /// Leads others in it.
    Lead,
}

/// A role.
#[derive(Clone, Copy)]
pub(super) struct Role {
    /// Its title.
    pub(super) title: &'static str,
    /// Who it is for.
    pub(super) standing: Standing,
    /// From and to, in thousands of EUR a year in Germany.
    pub(super) pay: (u64, u64),
}

impl Role {
    /// A role for who learns the trade.
    const fn trainee(title: &'static str, from: u64, to: u64) -> Self {
        Self { title, standing: Standing::Trainee, pay: (from, to) }
    }

    /// A role for who knows the trade.
    const fn trained(title: &'static str, from: u64, to: u64) -> Self {
        Self { title, standing: Standing::Trained, pay: (from, to) }
    }

    /// A role for who leads others.
    const fn lead(title: &'static str, from: u64, to: u64) -> Self {
        Self { title, standing: Standing::Lead, pay: (from, to) }
    }
}

/// A field of a trade.
#[derive(Clone, Copy)]
pub(super) struct Field {
    /// As it stands behind the role in a title.
    pub(super) name: &'static str,
    /// What the field is about here, as a sentence.
    pub(super) about: &'static str,
}

impl Field {
    /// A field.
    const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about }
    }
}
