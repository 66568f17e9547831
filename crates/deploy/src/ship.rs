//! A blue-green deploy as a pure question: given what stands on Fly, what is asked for and what this run itself has seen,
//! what is the one next step?
//!
//! [`next()`] has no memory, reads no clock and makes no call. All that outlives a run is on Fly, in the metadata of the
//! machines ([`keys`]), so that a run may be killed at any moment and any other goes on from what it finds: with the same
//! release, with another, or with none ([mend](next())). All that a run has seen for itself is [`Evidence`], and the next
//! run earns it anew.
//!
//! The answer is read off a [`TABLE`], the first [`Row`] that holds. The table is data for its tests' sake: they take rows
//! out, one at a time, and the search through every order of events has to find the harm.
//!
//! Whoever does the steps reads the fleet anew before each, takes leases on started machines, keeps the release record,
//! and says [`Evidence`] truthfully. A step may be done twice, or be lost: it is asked for until the fleet shows it.

mod colour;
mod evidence;
mod fleet;
pub mod keys;
mod member;
mod name;
mod next;
mod release;
mod step;
mod view;

pub use colour::{Colour, ColourId, Commit, Digest, Fingerprint, NotOurs, Plan, ReleaseKey};
pub use evidence::{Evidence, Fault, Sight};
pub use fleet::Fleet;
pub use member::{Life, Member, Why};
pub use name::{Place, machine_name};
pub use next::{Row, TABLE, next, next_by};
pub use release::{Release, fingerprint};
pub use step::{Create, End, Mark, Step, Wait};
pub use view::Parts;
