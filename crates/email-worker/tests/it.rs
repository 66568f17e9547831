//! What the whole crate promises, seen from outside.

mod it {
    mod board;
    mod breaker;
    mod deaths;
    mod drain;
    mod faults;
    mod key;
    mod search;
    mod secrecy;
    mod sending;
    mod silence;
    mod sql;
    mod stand_in;
    mod start;
    mod traces;
    mod worker;
}
