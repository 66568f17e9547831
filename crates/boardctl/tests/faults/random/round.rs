//! What breaks together, drawn from a seed.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use testbed::board::Part;

use crate::faults::fleet::{FUNCTIONS, MACHINES};

/// What happens to PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Postgres {
    Killed,
    Frozen,
    Refuses,
    Cut,
    LockedOut,
    ReadOnly,
    Full,
    /// By so many milliseconds.
    Late(u64),
}

/// What happens to Redis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Redis {
    Killed,
    Frozen,
    Refuses,
    Emptied,
    /// By so many milliseconds.
    Late(u64),
}

/// What happens to Resend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resend {
    Fails,
    AcceptsAndFails,
    HangsUp,
    TalksNonsense,
    Refuses,
    /// By so many milliseconds.
    Late(u64),
}

/// What happens to the receiver of spans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spans {
    Hang,
}

/// What happens to a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Machine {
    Killed,
    Terminated,
    Interrupted,
}

const POSTGRES: [Postgres; 11] = [
    Postgres::Killed,
    Postgres::Frozen,
    Postgres::Refuses,
    Postgres::Cut,
    Postgres::LockedOut,
    Postgres::ReadOnly,
    Postgres::Full,
    Postgres::Late(50),
    Postgres::Late(500),
    Postgres::Late(1_500),
    Postgres::Late(4_000),
];

const REDIS: [Redis; 6] =
    [Redis::Killed, Redis::Frozen, Redis::Refuses, Redis::Emptied, Redis::Late(40), Redis::Late(500)];

const RESEND: [Resend; 7] = [
    Resend::Fails,
    Resend::AcceptsAndFails,
    Resend::HangsUp,
    Resend::TalksNonsense,
    Resend::Refuses,
    Resend::Late(1_000),
    Resend::Late(6_000),
];

const MACHINE: [Machine; 3] = [Machine::Killed, Machine::Terminated, Machine::Interrupted];

/// How likely each thing is to break in a round.
const LIKELY: f64 = 0.5;

/// How long what is broken stays so, in seconds.
const BROKEN: std::ops::Range<f64> = 0.2..10.0;

/// How long all is well after it, in seconds: at times less than it takes to recover.
const WELL: std::ops::Range<f64> = 0.0..5.0;

/// What breaks together, for how long, and how long all is well after it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Round {
    pub(super) postgres: Option<Postgres>,
    pub(super) redis: Option<Redis>,
    pub(super) resend: Option<Resend>,
    pub(super) spans: Option<Spans>,
    pub(super) machine: Option<(Machine, Part, usize)>,
    pub(super) broken: Duration,
    pub(super) well: Duration,
}

impl Round {
    /// Rounds that take about so long together: the same of the same seed.
    pub(super) fn draw(seed: u64, length: Duration) -> Vec<Self> {
        let (mut from, mut rounds, mut time) = (StdRng::seed_from_u64(seed), Vec::new(), Duration::ZERO);
        while time < length {
            let round = Self::one(&mut from);
            time += round.broken + round.well;
            rounds.push(round);
        }
        rounds
    }

    fn one(from: &mut StdRng) -> Self {
        let machine = maybe(from, &MACHINE);
        let (part, number) = (*FUNCTIONS.choose(from).expect("some"), from.random_range(0..MACHINES));
        let mut round = Self {
            postgres: maybe(from, &POSTGRES),
            redis: maybe(from, &REDIS),
            resend: maybe(from, &RESEND),
            spans: maybe(from, &[Spans::Hang]),
            machine: machine.map(|machine| (machine, part, number)),
            broken: Duration::from_secs_f64(from.random_range(BROKEN)),
            well: Duration::from_secs_f64(from.random_range(WELL)),
        };
        if round.faults().next().is_none() {
            round.postgres = POSTGRES.choose(from).copied();
        }
        round
    }

    /// Each of its faults, in words.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        let postgres = self.postgres.map(|it| format!("PostgreSQL {it:?}"));
        let redis = self.redis.map(|it| format!("Redis {it:?}"));
        let resend = self.resend.map(|it| format!("Resend {it:?}"));
        let spans = self.spans.map(|it| format!("spans {it:?}"));
        let machine = self.machine.map(|(it, part, number)| format!("{} {number} {it:?}", part.name()));
        [postgres, redis, resend, spans, machine].into_iter().flatten()
    }
}

fn maybe<T: Copy>(from: &mut StdRng, all: &[T]) -> Option<T> {
    let drawn = all.choose(from).copied();
    drawn.filter(|_| from.random_bool(LIKELY))
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults().collect();
        write!(f, "{}, for {:.1} s", faults.join(", "), self.broken.as_secs_f64())
    }
}

#[test]
fn the_same_seed_draws_the_same_rounds_and_another_seed_others() {
    let length = Duration::from_secs(600);
    assert_eq!(Round::draw(1, length), Round::draw(1, length));
    assert_ne!(Round::draw(1, length), Round::draw(2, length));
}

#[test]
fn ten_minutes_hold_every_fault() {
    let rounds = Round::draw(1, Duration::from_secs(6_000));
    let drawn: Vec<String> = rounds.iter().flat_map(Round::faults).collect();
    let all = POSTGRES.map(|it| format!("PostgreSQL {it:?}")).into_iter();
    let all = all.chain(REDIS.map(|it| format!("Redis {it:?}"))).chain(RESEND.map(|it| format!("Resend {it:?}")));
    for fault in all {
        assert!(drawn.contains(&fault), "{fault} is never drawn");
    }
}
