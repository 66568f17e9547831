//! What ships a function to Fly: its configuration, the Machines API, and what a blue-green deploy does next,
//! and the run that does it.

pub mod config;
pub mod machines;
pub mod registry;
pub mod rules;
pub mod run;
pub mod ship;
