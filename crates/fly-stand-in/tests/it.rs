//! The stand-in, as the real client of the Machines API meets it.

mod it {
    mod rig;

    mod capacity;
    mod central;
    mod control;
    mod deploys;
    mod faults;
    mod hosts;
    mod leases;
    mod life;
    mod lists;
    mod program;
    mod proxies;
    mod rates;
    mod real;
    mod restarts;
    mod search;
    mod shapes;
    mod times;
    mod waits;
}
