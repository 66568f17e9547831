//! What ships a function to Fly: which functions a change affects, their configuration, the Machines API, what a blue-green
//! deploy does next, and the run that does it. And the same functions for Kubernetes.

pub mod affected;
pub mod config;
pub mod kubernetes;
pub mod machines;
pub mod registry;
pub mod rules;
pub mod run;
pub mod ship;
