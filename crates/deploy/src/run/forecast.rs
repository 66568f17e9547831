//! What a run would do if all goes well: the table, asked about a fleet that does as it is told.

use crate::ship::{
    Colour, ColourId, Create, Digest, End, Evidence, Fingerprint, Fleet, Life, Mark, Member, Release, ReleaseKey,
    Sight, Step, Wait, next,
};

/// More steps than the largest fleet takes.
const MOST: usize = 20_000;

/// A colour that is yet to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    pub(super) id: ColourId,
    pub(super) fingerprint: Fingerprint,
    pub(super) digest: Digest,
}

/// A fleet that does as it is told.
struct World {
    fleet: Fleet,
    evidence: Evidence,
    coming: Option<Coming>,
}

/// Every step from here to the end, which is the last, each with what it is done to: places in the fleet as it was read, and
/// beyond those the machines that are made, in the order in which they are.
pub(super) fn forecast(
    fleet: Fleet,
    release: Option<&Release>,
    interrupted: bool,
    coming: Option<Coming>,
) -> Vec<(Step, Vec<usize>)> {
    let mut places: Vec<usize> = (0..fleet.members.len()).collect();
    let sights = vec![Sight::default(); fleet.members.len()];
    let mut world = World { evidence: Evidence { sights, interrupted, ..Evidence::default() }, fleet, coming };
    let mut made = places.len();
    let mut steps = Vec::new();
    for _ in 0..MOST {
        let step = next(&world.fleet, release, &world.evidence);
        steps.push((step.clone(), places.clone()));
        match &step {
            Step::End(_) => return steps,
            Step::Create(_) => {
                places.push(made);
                made += 1;
            }
            Step::Destroy(at) => _ = places.remove(*at),
            _ => {}
        }
        world.done(&step);
    }
    steps.push((Step::End(End::Nothing), places));
    steps
}

impl World {
    fn done(&mut self, step: &Step) {
        let members = &mut self.fleet.members;
        let sights = &mut self.evidence.sights;
        if !matches!(step, Step::Mark(..) | Step::Check(_) | Step::Look(_) | Step::Wait(_)) {
            self.evidence.soaked = false;
        }
        match step {
            Step::Create(create) => self.create(*create),
            Step::Start(at) => members[*at].life = Life::Coming,
            Step::Check(all) => all.iter().for_each(|at| sights[*at].checked = true),
            Step::Look(all) => all.iter().for_each(|at| sights[*at].seen = true),
            Step::Mark(at, mark) => self.mark(*at, *mark),
            Step::Cordon(at) => {
                (members[*at].cordoned, sights[*at].seen) = (true, false);
                self.evidence.shut = false;
            }
            Step::Uncordon(at) => {
                members[*at].cordoned = false;
                self.evidence.opened = false;
            }
            Step::Stop(at) => members[*at].life = Life::Going,
            Step::Destroy(at) => {
                members.remove(*at);
                sights.remove(*at);
            }
            Step::Wait(wait) => self.wait(*wait),
            Step::End(_) => {}
        }
    }

    fn create(&mut self, create: Create) {
        self.evidence.attempted = true;
        let Some(Coming { id, fingerprint, digest }) = self.coming else { return };
        let id = create.colour.unwrap_or(id);
        let region = create.beside.map_or(usize::MAX, |at| self.fleet.members[at].region);
        self.fleet.members.push(Member {
            colour: Colour::Ours(ReleaseKey { id, fingerprint, digest }),
            born: id.born(),
            place: Some(create.place),
            region,
            life: if create.launch { Life::Coming } else { Life::Asleep },
            ill: false,
            cordoned: true,
            plan: Some(create.plan),
            commit: None,
            passed: false,
            failed: None,
            rested: false,
            refused: None,
        });
        self.evidence.sights.push(Sight::default());
    }

    fn mark(&mut self, at: usize, mark: Mark) {
        let commit = if let Mark::Refused(of) = mark { self.fleet.members[of].commit } else { None };
        let member = &mut self.fleet.members[at];
        match mark {
            Mark::Passed => member.passed = true,
            Mark::Failed(why) => member.failed = Some(why),
            Mark::Rested => member.rested = true,
            Mark::Refused(_) => member.refused = commit,
        }
    }

    fn wait(&mut self, wait: Wait) {
        match wait {
            Wait::Up(at) => self.fleet.members[at].life = Life::Awake,
            Wait::Down(at) => self.fleet.members[at].life = Life::Asleep,
            Wait::Opened => self.evidence.opened = true,
            Wait::Shut => self.evidence.shut = true,
            Wait::Soak => self.evidence.soaked = true,
            Wait::Dependency => {}
        }
    }
}
