//! The command line of the board's engineers. `up` runs the whole board on this machine; `deploy`, `rollback` and `status`
//! ship it, `rehearse` shows here how that goes, and `doctor` holds what is assumed of Fly against it; `sabotage` and `bench` show what its safety features are good for and what they cost.

pub mod bench;
pub mod command_line;
pub mod doctor;
pub mod rehearse;
pub mod sabotage;
pub mod sample;
pub mod ship;
mod sibling;
pub mod smoke_test;
pub mod up;
