//! Load on a function.

mod apart;
pub mod closed_loop;
mod exchange;
pub mod open_loop;
