//! The command line of the board's engineers. `up` runs the whole board on this machine; `affected` says which functions a
//! change makes another, `skew` whether older ones run on with the migrations that are here; `deploy`, `rollback` and `status` ship them, `rehearse` shows here how that goes, and `doctor` holds
//! what is assumed of Fly against it; `manifests` writes them for Kubernetes; `new` makes one more of them; `sabotage` and `bench` show what the safety
//! features are good for and what they cost.

pub mod affected;
pub mod bench;
pub mod command_line;
pub mod doctor;
pub mod manifests;
pub mod new;
pub mod rehearse;
pub mod sabotage;
pub mod sample;
pub mod ship;
mod sibling;
pub mod skew;
pub mod smoke_test;
pub mod up;
