//! What ships a function to Fly: what a change affects, its configuration, the Machines API, and what a blue-green deploy
//! does next. And the same functions for Kubernetes.

pub mod affected;
pub mod config;
pub mod kubernetes;
pub mod machines;
pub mod rules;
pub mod ship;
