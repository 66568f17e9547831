//! The course of one run: read, ask what is next, do it, again.

mod closing;
mod preflight;
mod round;
mod turn;
mod work;

pub(super) use preflight::is_final;

use platform::clock::Clock;
use tokio::sync::watch;
use tokio::time::Instant;

use super::leases::Leases;
use super::memory::Memory;
use super::reader::Reader;
use super::watch::Watch;
use super::{Deployer, Doing, Ended, Gate, Happened, Order, Outcome, Proxy, Record, RecordEnd, Records, Told};
use crate::machines::{Machine, Transport};
use crate::ship::{Colour, ColourId, Fleet, Parts, Release, keys};

/// One run.
pub(super) struct Course<'a, 'd, T, P, R> {
    pub(super) deployer: &'a Deployer<'d, T, P, R>,
    pub(super) order: &'a Order,
    pub(super) gate: Gate,
    /// Under this its leases are held, and its marks made.
    pub(super) run: ColourId,
    /// The colour that it makes, once it has made one.
    pub(super) colour: Option<ColourId>,
    pub(super) leases: &'a Leases,
    pub(super) watch: &'a Watch,
    pub(super) memory: Memory,
    pub(super) reader: Reader,
    pub(super) record: Option<Record>,
    /// Whether it was tried to have one: a courtesy is asked for once.
    pub(super) recorded: bool,
    /// Whether this run has made it, and did not find it.
    pub(super) record_is_ours: bool,
    pub(super) began: Instant,
    /// The fleet as it was last read.
    pub(super) fleet: Vec<Machine>,
    pub(super) release: Option<Release>,
    /// Why it is taken back, in words.
    pub(super) because: Option<String>,
    pub(super) turn: turn::Turn,
    /// Since when the fleet could not be read.
    unread: Option<Instant>,
    /// Since when it could not be leased.
    unleased: Option<Instant>,
    /// Who has a lease that is waited for, or was lost.
    by: String,
    /// Whether it was told that something is not well.
    suspected: bool,
    /// Whether it is of no use to ask again.
    given_up: bool,
    /// How many machines there were when it began, as Fly counts them.
    counted: u64,
    /// How often the time for the whole is over.
    overruns: u32,
}

/// A run's id: it sorts by its age, as a colour's does.
fn minted(clock: &Clock, chance: u64, oldest: u64) -> ColourId {
    let now = clock.now().unix_timestamp_nanos() / 1_000_000;
    let now = u64::try_from(now).unwrap_or_default();
    ColourId::new(now.max(oldest + 1), u16::try_from(chance & 0xffff).unwrap_or_default())
}

impl<T: Transport, P: Proxy, R: Records> Deployer<'_, T, P, R> {
    /// A number for the run that begins now.
    pub(super) fn run_id(&self) -> ColourId {
        minted(&self.clock, self.chance, 0)
    }

    /// Does it, from whatever stands there to one colour. When `stop` becomes true, it is taken back: what was there stays.
    pub async fn run(&self, order: &Order, stop: watch::Receiver<bool>) -> Ended {
        let run = self.run_id();
        let (leases, watch) = (Leases::new(run, self.times), Watch::default());
        let mut course = Course::new(self, order, run, &leases, &watch);
        course.tell(Happened::Began { run: run.to_string(), order: order.words() });
        let outcome = tokio::select! {
            biased;
            outcome = course.go(stop) => outcome,
            never = leases.keep(self.machines) => match never {},
            never = watch.look(self.proxy, &self.times) => match never {},
        };
        course.end(outcome).await
    }
}

impl<'a, 'd, T: Transport, P: Proxy, R: Records> Course<'a, 'd, T, P, R> {
    pub(super) fn new(
        deployer: &'a Deployer<'d, T, P, R>,
        order: &'a Order,
        run: ColourId,
        leases: &'a Leases,
        watch: &'a Watch,
    ) -> Self {
        let gate = match order {
            Order::Release(asked) => asked.gate,
            Order::Mend | Order::TakeBack => Gate::Routable,
        };
        Self {
            deployer,
            order,
            gate,
            run,
            colour: None,
            leases,
            watch,
            memory: Memory::new(deployer.times, gate, deployer.proxy.is_some()),
            reader: Reader::new(deployer.times),
            record: None,
            recorded: false,
            record_is_ours: false,
            began: Instant::now(),
            fleet: Vec::new(),
            release: None,
            because: None,
            turn: turn::Turn::default(),
            unread: None,
            unleased: None,
            by: String::new(),
            suspected: false,
            given_up: false,
            counted: 0,
            overruns: 0,
        }
    }

    pub(super) fn tell(&self, what: Happened) {
        (self.deployer.tell)(&Told { at: self.began.elapsed(), what });
    }

    /// The colour of this run: minted once, no older than any machine that is there, since Fly's times are compared with it.
    pub(super) fn colour(&mut self, fleet: &[Machine]) -> ColourId {
        let born = |colour| if let Colour::Ours(key) = colour { key.id.born() } else { 0 };
        let members = Fleet::read(fleet).members;
        let oldest = members.iter().map(|one| one.born.max(born(one.colour))).max().unwrap_or_default();
        let Deployer { clock, chance, .. } = self.deployer;
        *self.colour.get_or_insert_with(|| minted(clock, *chance, oldest))
    }

    pub(super) fn parts(&self) -> Parts {
        Parts::of(&Fleet::read(&self.fleet), self.release.as_ref())
    }

    /// What this run was about: told, written into the record, and the leases given back.
    async fn end(mut self, outcome: Outcome) -> Ended {
        self.turn_over(None);
        let end = match &outcome {
            Outcome::Done => RecordEnd::Complete,
            Outcome::TakenBack { .. } | Outcome::BothIll { .. } => RecordEnd::Failed,
            Outcome::Locked { .. } | Outcome::NeedsPerson { .. } => RecordEnd::Interrupted,
        };
        let error = if outcome == Outcome::Done { String::new() } else { outcome.words() };
        // One that was found may be that of the run which is alive.
        if self.record_is_ours || !matches!(outcome, Outcome::Locked { .. }) {
            self.close_record(end, &error).await;
        }
        self.leases.release(self.deployer.machines).await;
        let outcome = self.looked_again(outcome).await;
        let kept = self.parts().kept;
        let commit = |colour: Option<Colour>| {
            let members = Fleet::read(&self.fleet).members;
            let mut of = members.iter().zip(&self.fleet).filter(|(one, _)| Some(one.colour) == colour);
            of.find_map(|(_, machine)| machine.metadata(keys::COMMIT)).map(str::to_owned)
        };
        let asked = match self.order {
            Order::Release(asked) => Some(asked.commit.clone()),
            Order::Mend | Order::TakeBack => None,
        };
        let ended = Ended {
            colour: self.colour.map(|colour| colour.to_string()),
            commit: asked,
            kept: commit(kept),
            wrote: self.memory.wrote,
            outcome,
        };
        self.tell(Happened::Ended(ended.clone()));
        ended
    }

    /// The step before is done; this one begins.
    pub(super) fn turn_over(&mut self, begins: Option<Doing>) {
        for told in self.turn.over(begins) {
            self.tell(told);
        }
    }
}
