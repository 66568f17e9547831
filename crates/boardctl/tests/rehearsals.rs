//! Deploys of the real functions on this machine, under load and through faults, by the very program that ships.
//! `scripts/test rehearsals` runs this; `--long` in real times.

mod rehearsals {
    mod autoscaling;
    mod clean;
    mod faults;
    mod halfway;
    mod pipeline;
    mod rig;
    mod same;
}
