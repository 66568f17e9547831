//! How it ends, in words: what is so, and what to do.

use crate::machines::{Error, Machine, MachineId, Meaning, State, Transport};
use crate::run::act::because;
use crate::run::checks::{Expected, Health};
use crate::run::{Course, Happened, Outcome, Proxy, Records};
use crate::ship::{Colour, End, Fleet, Life, Step};

impl<T: Transport, P: Proxy, R: Records> Course<'_, '_, T, P, R> {
    /// What an end is.
    pub(in crate::run) fn outcome(&self, end: End) -> Outcome {
        let why = || self.because.clone().unwrap_or_else(|| self.failed());
        match end {
            End::Done => Outcome::Done,
            End::TakenBack => Outcome::TakenBack { why: why() },
            End::BothIll => Outcome::BothIll { why: why() },
            End::Locked => Outcome::Locked { by: self.by.clone() },
            End::SetApart(at) => {
                let machine = self.which(&self.fleet[at].id);
                person(
                    format!("{machine} is cordoned, and no deploy did that: it is somebody's work"),
                    format!(
                        "Ask whose. Then let it back ({}), or remove it ({}), and run this again.",
                        self.fly("uncordon", at),
                        self.fly("destroy", at)
                    ),
                )
            }
            End::KeptIll(colour) => self.kept_ill(colour, &why()),
            End::NothingGood(colour) => person(
                format!("{} stands alone, and never passed: {}", self.named(colour), why()),
                "There is nothing to go back to, so it was left. Mend what is wrong with it, and deploy again."
                    .to_owned(),
            ),
            End::Nothing => person(
                match &self.because {
                    Some(because) => format!("there is no machine: {because}"),
                    None => "there is no machine, and none was made".to_owned(),
                },
                "Deploy a release; where a region has no room, later or in another (primary_region).".to_owned(),
            ),
        }
    }

    /// What stood when it ended, looked at once more now that the leases are given back and anybody may change it. A run that
    /// comes next cordons nothing so soon.
    pub(in crate::run) async fn looked_again(&mut self, outcome: Outcome) -> Outcome {
        if !self.memory.wrote || matches!(outcome, Outcome::Locked { .. } | Outcome::NeedsPerson { .. }) {
            return outcome;
        }
        let stood = self.standing(self.parts().kept);
        match self.reader.read(self.deployer.machines).await {
            Ok(Some(fleet)) => self.fleet = fleet,
            Ok(None) => return outcome,
            // What was seen last is what is known.
            Err(error) => {
                self.tell(Happened::Refused { why: error.to_string() });
                return outcome;
            }
        }
        let stands: Vec<MachineId> =
            self.fleet.iter().filter(|machine| stands(machine)).map(|one| one.id.clone()).collect();
        match stood.iter().find(|id| !stands.contains(id)) {
            None => outcome,
            Some(id) => person(
                format!("{}; but then machine {id} was cordoned, ended or removed by somebody else", outcome.words()),
                format!("Find out by whom. {} Then mend, or deploy again where none is left.", self.list()),
            ),
        }
    }

    /// The machines of a colour that stand.
    fn standing(&self, colour: Option<Colour>) -> Vec<MachineId> {
        let members = Fleet::read(&self.fleet).members;
        let its =
            members.iter().zip(&self.fleet).filter(|(one, machine)| Some(one.colour) == colour && stands(machine));
        its.map(|(_, machine)| machine.id.clone()).collect()
    }

    /// What never passed is not worth waiting for.
    fn kept_ill(&self, colour: Colour, why: &str) -> Outcome {
        let members = Fleet::read(&self.fleet).members;
        let its = || members.iter().zip(&self.fleet).filter(|(one, _)| one.colour == colour);
        let good = matches!(colour, Colour::Foreign(_)) || its().any(|(one, _)| one.passed && one.failed.is_none());
        let ids: Vec<&str> = its().map(|(_, machine)| machine.id.as_str()).collect();
        let app = &self.deployer.machines.app;
        let todo = match good {
            true => format!("Nothing else was taken away. {} When it serves, mend.", self.list()),
            false => format!(
                "It never passed: remove it (fly machine destroy --force {} --app {app}), and deploy again.",
                ids.join(" ")
            ),
        };
        person(format!("what should stay, {}, does not come to serve: {why}", self.named(colour)), todo)
    }

    /// An answer after which nothing may be done that a person has not looked at.
    pub(in crate::run) fn stopped(&self, error: &Error) -> Outcome {
        let app = &self.deployer.machines.app;
        let todo = match &error.meaning {
            Meaning::Unauthorized(_) | Meaning::Forbidden(_) => {
                format!("Give it a token of this app (fly tokens create deploy --app {app}), and run this again.")
            }
            Meaning::NotFound(_) => {
                format!("Make the app first (fly apps create {app}), or name the one that is meant.")
            }
            Meaning::Unreadable(_) => format!(
                "Nothing was written since. Fly's answer has another shape than was known: {} What is cordoned and should \
                 serve is let back by fly machine uncordon ID --app {app}; once one colour serves, fly deploy --app {app} \
                 works as ever.",
                self.list()
            ),
            _ => format!("Fly does not answer, or refuses: {} Then mend.", self.list()),
        };
        person(error.to_string(), todo)
    }

    /// A step that is the only one, and does not come to its end.
    pub(in crate::run) fn stuck(&self, words: String) -> Outcome {
        person(words, format!("Nothing else can be done before that. {} Then mend.", self.list()))
    }

    /// Why a step is late.
    pub(in crate::run) fn overdue(&self, step: &Step) -> String {
        let asked = match step {
            Step::Create(_) => "a machine was not made",
            Step::Start(_) => "a machine does not start",
            Step::Check(_) => "checks did not pass",
            Step::Look(_) => "machines were not seen to serve",
            Step::Mark(..) => "nothing could be written down",
            Step::Cordon(_) => "a machine could not be cordoned",
            Step::Uncordon(_) => "a machine could not be let in",
            Step::Stop(_) => "a machine could not be told to end",
            Step::Destroy(_) => "a machine could not be removed",
            Step::Wait(_) => "what was waited for did not come",
            Step::End(_) => "it did not end",
        };
        let last = self.turn.why.as_ref().or(self.because.as_ref()).map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{asked} in time{last}{}", self.unproven(step))
    }

    /// What the machines say whose checks did not pass.
    fn unproven(&self, step: &Step) -> String {
        let Step::Check(all) = step else { return String::new() };
        let health = |at: &usize| {
            let machine = &self.fleet[*at];
            let expected = Expected::of(machine, self.gate);
            match expected.health(machine) {
                Health::Failing(shows) => Some(format!(": {}: {shows}", self.which(&machine.id))),
                Health::Awaited => Some(format!(
                    ": {}: {} of {} checks are listed as passing",
                    self.which(&machine.id),
                    expected.passing(machine),
                    expected.count()
                )),
                Health::Passing => None,
            }
        };
        all.iter().find_map(health).unwrap_or_default()
    }

    /// Why what failed did, as it was written down.
    fn failed(&self) -> String {
        let members = Fleet::read(&self.fleet).members;
        let why = members.iter().filter_map(|one| one.failed).next();
        let interrupted = self.memory.interrupted.then_some("somebody took it back");
        why.map(because).or(interrupted).unwrap_or("it is not known why").to_owned()
    }

    fn named(&self, colour: Colour) -> String {
        match colour {
            Colour::Ours(key) => format!("colour {}", key.id),
            Colour::Foreign(Some(digest)) => format!("the machines of image {digest}"),
            Colour::Foreign(None) => "the machines of an unknown image".to_owned(),
        }
    }

    fn list(&self) -> String {
        format!("Look at the machines: fly machine list --app {}.", self.deployer.machines.app)
    }

    fn fly(&self, verb: &str, at: usize) -> String {
        format!("fly machine {verb} {} --app {}", self.fleet[at].id, self.deployer.machines.app)
    }
}

/// Whether it takes connections, or may again by itself: one that goes to sleep does.
fn stands(machine: &Machine) -> bool {
    let out = matches!(Life::of(machine), Life::Fallen | Life::Dead) || machine.state == State::Destroying;
    !machine.cordoned && !out
}

fn person(what: String, todo: String) -> Outcome {
    Outcome::NeedsPerson { what, todo }
}
