//! What ships a function to Fly: its configuration, the Machines API, and what a blue-green deploy does next.

pub mod config;
pub mod machines;
pub mod registry;
pub mod rules;
pub mod ship;
