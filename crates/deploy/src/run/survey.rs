//! What stands there, for a person.

use futures_util::future::join_all;
use serde::Serialize;

use super::act::says;
use super::checks::Expected;
use super::course::Course;
use super::forecast::{Coming, forecast};
use super::leases::Leases;
use super::watch::Watch;
use super::{Deployer, Doing, Gate, Order, Outcome, Proxy, Records, Which};
use crate::machines::{HostStatus, Machine, Transport};
use crate::ship::{Colour, Create, End, Fleet, Mark, Member, Parts, Step, Wait, keys, machine_name};

/// What stands there, and what a run would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// Every machine.
    pub machines: Vec<Standing>,
    /// What a run would do, if all goes well, from now to its end, the end last.
    pub ahead: Vec<Doing>,
}

/// A machine, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Which.
    pub machine: Which,
    /// Where.
    pub region: String,
    /// Fly's word for how it lives.
    pub state: String,
    /// Its colour: the id of one of ours, or an image's digest.
    pub colour: String,
    /// Whether it is of ours.
    pub ours: bool,
    /// Its part: `kept`, `green`, `left over`.
    pub part: &'static str,
    /// The commit that it was built from.
    pub commit: Option<String>,
    /// The image's tag.
    pub tag: Option<String>,
    /// Whether it is kept from new connections.
    pub cordoned: bool,
    /// Whether it was cordoned by a deploy, and may be let back by one.
    pub rested: bool,
    /// Whether its host is ill: the rest may be stale.
    pub ill: bool,
    /// `passed`, `failed: WHY`, or none yet.
    pub verdict: Option<String>,
    /// The commit that failed beside it.
    pub refused: Option<String>,
    /// Its checks: those that pass, of all that are configured.
    pub checks: (usize, usize),
    /// Who holds its lease.
    pub leased: Option<String>,
}

/// What a person sees of one machine that is yet to be made.
struct Made {
    name: String,
    region: String,
}

impl<T: Transport, P: Proxy, R: Records> Deployer<'_, T, P, R> {
    /// What stands there, and what a run would do next, without touching anything. Without an order, what a mend would do.
    ///
    /// # Errors
    /// What came in between, as the [`Outcome`] of a run that did nothing.
    pub async fn survey(&self, order: Option<&Order>) -> Result<Survey, Outcome> {
        let run = self.run_id();
        let (leases, watch) = (Leases::new(run, self.times), Watch::default());
        let mut course = Course::new(self, order.unwrap_or(&Order::Mend), run, &leases, &watch);
        course.preflight().await?;
        course.read_once().await?;
        while course.is_unlisted() {
            if course.began.elapsed() >= self.times.limits.lag {
                return Err(course.unlisted());
            }
            course.pause().await;
            course.read_once().await?;
        }
        if let Some(outcome) = course.others(&course.fleet) {
            return Err(outcome);
        }
        course.taken_back();
        let ahead = course.ahead();
        let (fleet, parts) = (Fleet::read(&course.fleet), course.parts());
        let standing =
            course.fleet.iter().zip(&fleet.members).map(|(machine, member)| self.standing(machine, member, parts));
        Ok(Survey { machines: join_all(standing).await, ahead })
    }

    async fn standing(&self, machine: &Machine, member: &Member, parts: Parts) -> Standing {
        let colour = Some(member.colour);
        let expected = Expected::of(machine, Gate::Strict);
        // Who holds it is told where it is known; that it is not known stops nobody from looking at the rest.
        let holder = self.machines.holder(&machine.id).await.ok().flatten();
        let failed = member.failed.map(|why| format!("failed: {}", why.as_str()));
        Standing {
            machine: Which { id: Some(machine.id.clone()), name: machine.name.clone() },
            region: machine.region.to_string(),
            state: machine.state.to_string(),
            colour: match member.colour {
                Colour::Ours(key) => key.id.to_string(),
                Colour::Foreign(digest) => digest.map_or_else(|| "unknown".to_owned(), |digest| digest.to_string()),
            },
            ours: matches!(member.colour, Colour::Ours(_)),
            part: match colour {
                kept if kept == parts.kept => "kept",
                green if green == parts.green => "green",
                _ => "left over",
            },
            commit: machine.metadata(keys::COMMIT).map(str::to_owned),
            tag: machine.image_ref.tag.clone(),
            cordoned: machine.cordoned,
            rested: member.rested,
            ill: machine.host_status != HostStatus::Ok,
            verdict: failed.or_else(|| member.passed.then(|| "passed".to_owned())),
            refused: machine.metadata(keys::REFUSED).map(str::to_owned),
            checks: (expected.passing(machine), expected.count()),
            leased: holder.map(|holder| holder.to_string()),
        }
    }
}

impl<T: Transport, P: Proxy, R: Records> Course<'_, '_, T, P, R> {
    /// All that it would do, the end last.
    fn ahead(&mut self) -> Vec<Doing> {
        let fleet = std::mem::take(&mut self.fleet);
        let id = self.colour(&fleet);
        self.fleet = fleet;
        let coming = match (self.order, self.release) {
            (Order::Release(asked), Some(release)) => {
                asked.image.short().map(|digest| Coming { id, fingerprint: release.fingerprint, digest })
            }
            _ => None,
        };
        let read = Fleet::read(&self.fleet);
        let steps = forecast(read, self.release.as_ref(), self.memory.interrupted, coming);
        let mut made = Vec::new();
        steps.into_iter().map(|(step, places)| self.would(&step, &places, &mut made, coming)).collect()
    }

    fn would(&self, step: &Step, places: &[usize], made: &mut Vec<Made>, coming: Option<Coming>) -> Doing {
        let one = |at: usize| self.one(places[at], made);
        let all = |all: &[usize]| all.iter().map(|at| one(*at)).collect();
        match step {
            Step::Create(create) => {
                let new = self.to_make(create, places, made, coming);
                let (name, region) = (new.name.clone(), new.region.clone());
                made.push(new);
                Doing::Create { name, region, launched: create.launch }
            }
            Step::Start(at) => Doing::Start { machine: one(*at) },
            Step::Check(machines) => Doing::Check { machines: all(machines) },
            Step::Look(machines) => Doing::Look { machines: all(machines) },
            Step::Mark(at, mark) => {
                let mark = if let Mark::Refused(of) = mark { Mark::Refused(places[*of]) } else { *mark };
                Doing::Mark { machine: one(*at), says: says(mark, &self.fleet) }
            }
            Step::Cordon(at) => Doing::Cordon { machine: one(*at) },
            Step::Uncordon(at) => Doing::Uncordon { machine: one(*at) },
            Step::Stop(at) => Doing::Stop { machine: one(*at) },
            Step::Destroy(at) => Doing::Destroy { machine: one(*at) },
            Step::Wait(Wait::Up(at)) => Doing::Wait { until: format!("{} is up", one(*at)) },
            Step::Wait(Wait::Down(at)) => Doing::Wait { until: format!("{} is down", one(*at)) },
            Step::Wait(wait) => Doing::Wait { until: self.until(*wait) },
            Step::End(End::SetApart(at)) => {
                Doing::End { how: format!("needs a person: {} is cordoned by somebody", one(*at)) }
            }
            Step::End(end) => Doing::End { how: self.outcome(*end).word().to_owned() },
        }
    }

    /// A machine that is there, or is yet to be made.
    fn one(&self, place: usize, made: &[Made]) -> Which {
        match self.fleet.get(place) {
            Some(machine) => Which { id: Some(machine.id.clone()), name: machine.name.clone() },
            None => {
                let made = place.checked_sub(self.fleet.len()).and_then(|place| made.get(place));
                Which { id: None, name: made.map(|made| made.name.clone()).unwrap_or_default() }
            }
        }
    }

    fn to_make(&self, create: &Create, places: &[usize], made: &[Made], coming: Option<Coming>) -> Made {
        let id = create.colour.or(coming.map(|coming| coming.id)).unwrap_or(self.run);
        let name = machine_name(&self.deployer.machines.app, id, create.place);
        let beside = create.beside.and_then(|at| places.get(at)).map(|place| match self.fleet.get(*place) {
            Some(machine) => machine.region.to_string(),
            None => made.get(place - self.fleet.len()).map(|made| made.region.clone()).unwrap_or_default(),
        });
        let asked = if let Order::Release(asked) = self.order { asked.region.to_string() } else { String::new() };
        let name = name.map(|name| name.to_string()).unwrap_or_default();
        Made { name, region: beside.unwrap_or(asked) }
    }
}
