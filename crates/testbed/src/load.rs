//! Load on a function.

pub mod open_loop;
