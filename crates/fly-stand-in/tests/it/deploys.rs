//! Whole deploys in virtual time: the very code that changes production, against a Fly that keeps its rules, with every call
//! failing in every way, runs killed at any call, two at once, and greens that turn bad at any time.

mod answers;
mod clean;
mod faults;
mod half_done;
mod judge;
mod kills;
mod locks;
mod one_off;
mod proofs;
mod records;
mod refusals;
mod soak;
mod somebody;
mod starts;
mod way;
mod world;
