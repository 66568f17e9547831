//! What ships a function to Fly: what a change affects, its configuration, the Machines API, and what a blue-green deploy
//! does next.

pub mod affected;
pub mod config;
pub mod machines;
pub mod rules;
pub mod ship;
