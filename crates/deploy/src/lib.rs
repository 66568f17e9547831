//! What ships a function to Fly: its configuration, and the Machines API.

pub mod config;
pub mod machines;
pub mod rules;
