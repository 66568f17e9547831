//! Has a step done, and judges what comes of its call.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::preflight::is_final;
use crate::machines::{Error, Machine, MachineId, Meaning, Transport};
use crate::run::act::{Act, says};
use crate::run::checks::route_path;
use crate::run::{Course, Doing, Happened, Order, Outcome, Proxy, Records, Which};
use crate::ship::{Create, Step, Wait, machine_name};

/// How often an image that the registry does not have yet is asked for, a margin apart: right after a push it may not.
const IMAGE_TRIES: u32 = 5;

/// How often a region, or a host, without room is asked.
const ROOM_TRIES: u32 = 3;

impl<T: Transport, P: Proxy, R: Records> Course<'_, '_, T, P, R> {
    /// Does it, or a second of it; an outcome, where that is the end.
    pub(super) async fn perform(&mut self, step: Step) -> Option<Outcome> {
        let doing = self.doing(&step);
        self.turn_over(Some(doing));
        let done = match &step {
            Step::Check(_) | Step::End(_) => return self.pause().await,
            Step::Look(all) => return self.look(all).await,
            Step::Wait(wait) => {
                if *wait == Wait::Soak {
                    self.memory.soaks(Instant::now());
                }
                return self.pause().await;
            }
            Step::Create(create) => self.make(*create).await,
            Step::Start(at) => self.call(Act::Start, *at).await,
            Step::Cordon(at) => self.call(Act::Cordon, *at).await,
            Step::Uncordon(at) => self.call(Act::Uncordon, *at).await,
            Step::Stop(at) => self.call(Act::Stop, *at).await,
            Step::Destroy(at) => self.call(Act::Destroy, *at).await,
            Step::Mark(at, mark) => {
                let machine = self.fleet[*at].id.clone();
                let fleet = std::mem::take(&mut self.fleet);
                let done = self.mark(&machine, *mark, &fleet).await;
                self.fleet = fleet;
                done
            }
        };
        match done {
            Ok(()) => {
                self.turn_over(None);
                None
            }
            Err(error) => self.refused(&error, &step).await,
        }
    }

    async fn call(&mut self, act: Act, at: usize) -> Result<(), Error> {
        let machine = self.fleet[at].clone();
        self.act(act, &machine).await
    }

    async fn make(&mut self, create: Create) -> Result<(), Error> {
        let (order, Some(release)) = (self.order, self.release) else { return Ok(()) };
        let Order::Release(asked) = order else { return Ok(()) };
        self.open_record().await;
        if let Some(wrong) = self.leases.wrong() {
            return Err(wrong);
        }
        let fleet = std::mem::take(&mut self.fleet);
        let made = self.create(asked, &release, create, &fleet).await;
        self.fleet = fleet;
        made
    }

    /// Asks all of them at once, through the proxy. Where there is none, their checks are read with the fleet.
    async fn look(&mut self, all: &[usize]) -> Option<Outcome> {
        let Some(proxy) = self.deployer.proxy else { return self.pause().await };
        let asked = Instant::now();
        let machines: Vec<&Machine> = all.iter().map(|at| &self.fleet[*at]).collect();
        let replies = join_all(
            machines
                .iter()
                .map(|machine| async { (machine.id.clone(), proxy.ask(&machine.id, &route_path(machine)).await) }),
        );
        let mut unseen = None;
        for (id, reply) in replies.await {
            match reply {
                Ok(reply) if reply.status == 200 => self.memory.seen(&id, asked),
                Ok(reply) => unseen = Some(format!("{} answers {}", self.which(&id), reply.status)),
                Err(unreached) => unseen = Some(format!("{} does not answer: {}", self.which(&id), unreached.0)),
            }
        }
        let unseen = unseen?;
        self.turn.why = Some(unseen);
        self.pause().await
    }

    /// A call that was refused, or of which nobody knows. What is there is read again before anything else is done.
    async fn refused(&mut self, error: &Error, step: &Step) -> Option<Outcome> {
        self.tell(Happened::Refused { why: error.to_string() });
        let times = self.deployer.times;
        let refusals = self.turn.refused(error.to_string());
        let mut wait = times.again * 2_u32.pow((refusals - 1).min(3));
        match &error.meaning {
            meaning if is_final(meaning) => return Some(self.stopped(error)),
            Meaning::LeaseHeld(_) => {
                if let Some(machine) = error.machine() {
                    self.leases.drop(machine);
                }
            }
            Meaning::NameTaken(Some(machine)) => self.reader.made(machine.clone()),
            Meaning::Invalid(_) => self.given_up |= matches!(step, Step::Create(_)),
            Meaning::RegionFull(_) => self.given_up |= refusals >= ROOM_TRIES,
            // What is kept is asked for until its deadline: there is nothing else.
            Meaning::HostFull(_) => self.given_up |= refusals >= ROOM_TRIES && self.may_do_without(step),
            Meaning::ImageUnknown(_) => {
                self.given_up |= refusals >= IMAGE_TRIES;
                wait = times.margin;
            }
            _ => {}
        }
        if self.given_up {
            wait = Duration::ZERO;
            // Where there is no green to take back, there is nothing more to try either.
            self.memory.attempted = true;
            self.given_up = self.parts().green.is_some();
            self.because = Some(error.to_string());
        }
        tokio::time::sleep(wait).await;
        None
    }

    /// Whether something stands, or may, without what a step is to bring.
    fn may_do_without(&self, step: &Step) -> bool {
        matches!(step, Step::Create(_)) || self.parts().green.is_some()
    }

    pub(in crate::run) fn which(&self, id: &MachineId) -> Which {
        let name = self.fleet.iter().find(|machine| machine.id == *id).map(|machine| machine.name.clone());
        Which { id: Some(id.clone()), name: name.unwrap_or_default() }
    }

    fn at(&self, at: usize) -> Which {
        let Machine { id, name, .. } = &self.fleet[at];
        Which { id: Some(id.clone()), name: name.clone() }
    }

    /// The step, for a person.
    pub(in crate::run) fn doing(&mut self, step: &Step) -> Doing {
        let all = |this: &Self, all: &[usize]| all.iter().map(|at| this.at(*at)).collect();
        match step {
            Step::Create(create) => self.creating(*create),
            Step::Start(at) => Doing::Start { machine: self.at(*at) },
            Step::Check(machines) => Doing::Check { machines: all(self, machines) },
            Step::Look(machines) => Doing::Look { machines: all(self, machines) },
            Step::Mark(at, mark) => Doing::Mark { machine: self.at(*at), says: says(*mark, &self.fleet) },
            Step::Cordon(at) => Doing::Cordon { machine: self.at(*at) },
            Step::Uncordon(at) => Doing::Uncordon { machine: self.at(*at) },
            Step::Stop(at) => Doing::Stop { machine: self.at(*at) },
            Step::Destroy(at) => Doing::Destroy { machine: self.at(*at) },
            Step::Wait(wait) => Doing::Wait { until: self.until(*wait) },
            Step::End(end) => Doing::End { how: self.outcome(*end).word().to_owned() },
        }
    }

    fn creating(&mut self, create: Create) -> Doing {
        let fleet = std::mem::take(&mut self.fleet);
        let colour = create.colour.unwrap_or_else(|| self.colour(&fleet));
        self.fleet = fleet;
        let name = machine_name(&self.deployer.machines.app, colour, create.place);
        let asked = if let Order::Release(asked) = self.order { Some(asked.region.clone()) } else { None };
        let region = create.beside.map(|at| self.fleet[at].region.clone()).or(asked);
        Doing::Create {
            name: name.map(|name| name.to_string()).unwrap_or_default(),
            region: region.map(|region| region.to_string()).unwrap_or_default(),
            launched: create.launch,
        }
    }

    pub(in crate::run) fn until(&self, wait: Wait) -> String {
        match wait {
            Wait::Up(at) => format!("{} is up", self.at(at)),
            Wait::Down(at) => format!("{} is down", self.at(at)),
            Wait::Opened => "all proxies know what was let in".to_owned(),
            Wait::Shut => "all proxies know what was cordoned".to_owned(),
            Wait::Soak => "the older colour has rested long enough to judge the newer one".to_owned(),
            Wait::Dependency => "what both colours stand on is back".to_owned(),
        }
    }
}
