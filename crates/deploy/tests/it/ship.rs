//! What a deploy does next: searched through every order of events, held against what flyctl left half done, and row by
//! row for what the search leaves out.

mod half_done;
mod reading;
mod rows;
mod search;
