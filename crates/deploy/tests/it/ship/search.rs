//! Every order of events of a deploy, walked by a breadth-first search that asks the real table what is next.
//!
//! The model has a fleet of no, one or two machines, three releases, and one run at a time, asked for any of them or for a
//! mend. A run may be killed before and after each call; a call may land when its run is dead already; one machine may be
//! stopped, fall, vanish or be cloned at any moment, also between a decision and its call; the green may show a fault, or
//! both colours; somebody may take the run back; a step may be late. An answer that is lost changes nothing in between:
//! the fleet is read anew before each step, and what is asked for stays asked for until it is seen.
//!
//! Sights are void after any wait, which is sooner than in life. Machines of lost hosts are left out: see `rows`.
//!
//! The mutations take one row out at a time; the search then has to find the harm that the row prevents.

mod call;
mod events;
mod explore;
mod rules;
mod tests;
mod world;
