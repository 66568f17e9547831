//! The command line of the board's engineers. `up` runs the whole board on this machine, `affected` says what a change
//! makes another, `manifests` writes the functions for Kubernetes, `sabotage` and `bench` show what the safety features are
//! good for and what they cost.

pub mod affected;
pub mod bench;
pub mod manifests;
pub mod sabotage;
pub mod sample;
mod sibling;
pub mod smoke_test;
pub mod up;
