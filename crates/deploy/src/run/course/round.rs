//! One round: the fleet is read, leased, looked at; then it is asked what is next, and that is done.

use tokio::sync::watch;
use tokio::time::Instant;

use super::preflight::is_final;
use super::turn::Key;
use crate::machines::{Machine, State, Transport};
use crate::run::fault::Judgement;
use crate::run::leases::Taken;
use crate::run::{Course, Happened, Outcome, Proxy, Records, Which};
use crate::ship::{Fault, Fleet, Parts, Step, next};

/// A machine that was started so often by this run, and is down again, does not come up.
const STARTS: u32 = 3;

impl<T: Transport, P: Proxy, R: Records> Course<'_, '_, T, P, R> {
    /// To the end.
    pub(in crate::run) async fn go(&mut self, stop: watch::Receiver<bool>) -> Outcome {
        if let Err(outcome) = self.preflight().await {
            return outcome;
        }
        loop {
            if *stop.borrow() && !self.memory.interrupted {
                self.memory.interrupted = true;
                self.tell(Happened::Interrupted);
            }
            if let Some(outcome) = self.round().await {
                return outcome;
            }
        }
    }

    async fn round(&mut self) -> Option<Outcome> {
        if let Some(error) = self.leases.wrong() {
            return Some(self.stopped(&error));
        }
        match self.read().await {
            Ok(true) => {}
            Ok(false) => return self.pause().await,
            Err(outcome) => return Some(outcome),
        }
        if self.is_unlisted() {
            if self.began.elapsed() >= self.deployer.times.step {
                return Some(self.unlisted());
            }
            return self.pause().await;
        }
        if let Some(outcome) = self.stray().or_else(|| self.others(&self.fleet)) {
            return Some(outcome);
        }
        if !self.memory.locked {
            match self.leased().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(outcome) => return Some(outcome),
            }
        }
        self.taken_back();
        let now = Instant::now();
        // What was seen before is void by what is read now.
        for (machine, asked) in self.watch.answered() {
            self.memory.seen(&machine, asked);
        }
        self.memory.read(&self.fleet, now);
        if self.is_open() {
            return self.pause().await;
        }
        // Leases are kept beside this: what came of that while the fleet was read counts before the next write.
        if let Some(error) = self.leases.wrong() {
            return Some(self.stopped(&error));
        }
        match self.ask(now) {
            Ok(Step::End(end)) => Some(self.outcome(end)),
            Ok(step) => self.perform(step).await,
            Err(outcome) => Some(outcome),
        }
    }

    pub(in crate::run) async fn pause(&self) -> Option<Outcome> {
        tokio::time::sleep(self.deployer.times.look).await;
        None
    }

    /// Reads the fleet; false, when it has to be read again.
    async fn read(&mut self) -> Result<bool, Outcome> {
        match self.reader.read(self.deployer.machines).await {
            Ok(Some(fleet)) => {
                (self.fleet, self.unread) = (fleet, None);
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => {
                let since = *self.unread.get_or_insert_with(Instant::now);
                if is_final(&error.meaning) || since.elapsed() >= self.deployer.times.step {
                    return Err(self.stopped(&error));
                }
                self.tell(Happened::Refused { why: error.to_string() });
                Ok(false)
            }
        }
    }

    /// Reads the fleet, for who only looks.
    pub(in crate::run) async fn read_once(&mut self) -> Result<(), Outcome> {
        while !self.read().await? {
            self.pause().await;
        }
        Ok(())
    }

    /// Has all leases; false, when the fleet has to be read again.
    async fn leased(&mut self) -> Result<bool, Outcome> {
        for (id, by) in self.leases.lost() {
            self.tell(Happened::LeaseLost { machine: self.which(&id), by });
        }
        let taken = self.leases.cover(self.deployer.machines, &self.fleet).await;
        match taken {
            Taken::All => {
                self.unleased = None;
                return Ok(true);
            }
            Taken::Anew => return Ok(false),
            Taken::Alive(by) => {
                (self.memory.locked, self.by) = (true, by);
                return Ok(true);
            }
            Taken::Awaited(_, by) if self.memory.interrupted => return Err(Outcome::Locked { by }),
            Taken::Awaited(machine, by) => {
                if self.by != by {
                    self.tell(Happened::LeaseAwaited { machine: self.which(&machine), by: by.clone() });
                    self.by = by;
                }
            }
            Taken::Refused(error) => {
                let since = *self.unleased.get_or_insert_with(Instant::now);
                if is_final(&error.meaning) || since.elapsed() >= self.deployer.times.step {
                    return Err(self.stopped(&error));
                }
                self.tell(Happened::Refused { why: error.to_string() });
            }
        }
        self.pause().await;
        Ok(false)
    }

    /// A machine of ours that takes connections before it was let in serves unchecked.
    fn stray(&self) -> Option<Outcome> {
        let stray = self.memory.stray(&self.fleet)?;
        Some(Outcome::NeedsPerson {
            what: format!(
                "{} was made cordoned, and takes connections though nobody checked it",
                self.which(&stray.id)
            ),
            todo: format!(
                "Cordon it (fly machine cordon {} --app {}), find out who let it in, and then mend.",
                stray.id, self.deployer.machines.app
            ),
        })
    }

    /// The machines of the green, and those of what is kept, that are well.
    fn sides(&self) -> (Parts, Vec<&Machine>, Vec<&Machine>) {
        let (parts, members) = (self.parts(), Fleet::read(&self.fleet).members);
        let of = |colour| {
            let all = members.iter().zip(&self.fleet);
            let side = all.filter(move |(one, _)| colour == Some(one.colour) && !one.ill);
            side.map(|(_, machine)| machine).collect::<Vec<_>>()
        };
        (parts, of(parts.green), of(parts.kept))
    }

    /// Looks whether anything is wrong, and whose fault it is; true, while that is open.
    fn is_open(&mut self) -> bool {
        let (parts, greens, blues) = self.sides();
        let proxied = self.deployer.proxy.is_some();
        let routed = |green: &&&Machine| !green.cordoned && green.state == State::Started;
        let watched = |green: &&&Machine| routed(green) && (!proxied || self.memory.was_seen(&green.id));
        let watched: Vec<&Machine> = greens.iter().filter(watched).copied().collect();
        self.watch.set(&watched, self.gate);
        if !proxied {
            self.watch.read(&watched, self.gate);
        }
        if parts.green.is_none() {
            // What ended a green for both is still so when it is gone.
            self.memory.fault = self.memory.fault.min_both();
            return false;
        }
        let verdict = self.watch.judge(&greens, &blues, self.gate, &self.deployer.times);
        self.memory.attempted = true;
        let shows = verdict.shows.map(|(machine, shows)| (self.which(&machine), shows));
        self.concluded(verdict.judgement, shows)
    }

    fn concluded(&mut self, judgement: Judgement, shows: Option<(Which, String)>) -> bool {
        let words = shows.as_ref().map(|(machine, shows)| format!("{machine}: {shows}")).unwrap_or_default();
        let (fault, whose) = match judgement {
            Judgement::Well => (Fault::None, ""),
            Judgement::Open => {
                self.memory.unsoaked();
                if !std::mem::replace(&mut self.suspected, true)
                    && let Some((machine, shows)) = shows
                {
                    self.tell(Happened::Suspected { machine, shows });
                }
                return !self.memory.interrupted;
            }
            Judgement::Greens => (Fault::Greens, "greens"),
            Judgement::Both => (Fault::Both, "both"),
        };
        if fault != self.memory.fault && fault != Fault::None {
            self.tell(Happened::Fault { whose, shows: words.clone() });
            self.because = Some(words);
        } else if fault == Fault::None && (self.suspected || self.memory.fault != Fault::None) {
            self.because = None;
            self.tell(Happened::Well);
        }
        if fault != Fault::None {
            self.memory.unsoaked();
        }
        (self.memory.fault, self.suspected) = (fault, false);
        false
    }

    /// The next step. One that was asked for until its deadline is asked about once more, as overdue.
    fn ask(&mut self, now: Instant) -> Result<Step, Outcome> {
        let fleet = Fleet::read(&self.fleet);
        let mut evidence = self.memory.evidence(&self.fleet, now);
        let step = next(&fleet, self.release.as_ref(), &evidence);
        let key = Key::of(&step, &self.fleet);
        let lasted = self.turn.asked(key.clone(), now);
        let times = &self.deployer.times;
        let whole = self.began.elapsed() >= times.whole * (self.overruns + 1);
        self.overruns += u32::from(whole);
        let started = matches!(&step, Step::Start(at) if self.memory.starts(&self.fleet[*at].id) >= STARTS);
        let given_up = std::mem::take(&mut self.given_up);
        let late = lasted >= times.step || started || whole || given_up;
        if !late || matches!(step, Step::End(_)) {
            return Ok(step);
        }
        evidence.overdue = true;
        let other = next(&fleet, self.release.as_ref(), &evidence);
        let words = self.overdue(&step);
        if Key::of(&other, &self.fleet) == key {
            return if whole { Ok(step) } else { Err(self.stuck(words)) };
        }
        self.because.get_or_insert(words);
        self.turn.asked(Key::of(&other, &self.fleet), now);
        Ok(other)
    }
}

impl Fault {
    /// Both, or none.
    fn min_both(self) -> Self {
        if self == Self::Both { Self::Both } else { Self::None }
    }
}
