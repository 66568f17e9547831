//! The command line of the board's engineers. `up` runs the whole board on this machine; more commands come as the
//! board grows.

pub mod sabotage;
pub mod sample;
pub mod up;
pub mod walk;
