//! All machines of an app, as a deploy looks at them.

use super::{Colour, Commit, Digest, Life, Member, ReleaseKey, Why, keys, name::read_name};
use crate::machines::{HostStatus, InstanceId, Machine};

/// All machines that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// In the order in which they were read: a [`Step`](super::Step) names them by their place here.
    pub members: Vec<Member>,
}

impl Fleet {
    /// What the API showed, read. Those that are gone are to be left out before.
    #[must_use]
    pub fn read(machines: &[Machine]) -> Self {
        let mut members: Vec<Member> = machines.iter().map(|machine| member(machine, machines)).collect();
        for at in 0..members.len() {
            let id = read_name(&machines[at].name).map(|(id, _)| id);
            // An ill host may show nothing but the name.
            let sibling = |other: &&Member| matches!(other.colour, Colour::Ours(key) if Some(key.id) == id);
            if members[at].ill
                && let Some(colour) = members.iter().find(sibling).map(|other| other.colour)
            {
                members[at].colour = colour;
            }
        }
        Self { members }
    }
}

fn member(machine: &Machine, all: &[Machine]) -> Member {
    let commit = |key| machine.metadata(key).and_then(Commit::of);
    Member {
        colour: colour(machine),
        born: born(&machine.instance_id),
        place: read_name(&machine.name).map(|(_, place)| place),
        region: all.iter().position(|other| other.region == machine.region).unwrap_or_default(),
        life: Life::of(machine),
        ill: machine.host_status != HostStatus::Ok,
        cordoned: machine.cordoned,
        plan: machine.metadata(keys::PLAN).and_then(|plan| plan.parse().ok()),
        commit: commit(keys::COMMIT),
        passed: machine.metadata(keys::PASSED).is_some(),
        failed: machine.metadata(keys::FAILED).map(Why::of),
        rested: machine.metadata(keys::RESTED).is_some(),
        refused: commit(keys::REFUSED),
    }
    .void_unless_ours()
}

impl Member {
    /// Keys that came with a copy say nothing of this machine; only its own cordon is marked anew on any.
    fn void_unless_ours(self) -> Self {
        match self.colour {
            Colour::Ours(_) => self,
            Colour::Foreign(_) => Self { plan: None, commit: None, passed: false, failed: None, ..self },
        }
    }
}

fn colour(machine: &Machine) -> Colour {
    let digest = machine.image_ref.digest.as_deref().and_then(Digest::of);
    let key = machine.metadata(keys::RELEASE).and_then(|text| text.parse::<ReleaseKey>().ok());
    match key {
        Some(key) if Some(key.digest) == digest => Colour::Ours(key),
        _ => Colour::Foreign(digest),
    }
}

/// An instance id is a ULID: its first ten letters are the time. Of another text nothing is known.
fn born(id: &InstanceId) -> u64 {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digit = |letter: u8| LETTERS.iter().position(|one| *one == letter.to_ascii_uppercase());
    let time = id.as_str().as_bytes().get(..10).filter(|_| id.as_str().len() == 26);
    let add = |sum: u64, letter: &u8| Some(sum << 5 | u64::try_from(digit(*letter)?).ok()?);
    time.and_then(|time| time.iter().try_fold(0, add)).unwrap_or_default()
}
