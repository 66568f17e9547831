//! What clients see when things break: real servers and two machines of each function behind HAProxy, which routes as
//! Fly does. `scripts/test faults` runs this, one fault after the other; `--long` with the real times.

mod faults {
    mod burst;
    mod drain;
    mod fleet;
    mod killed;
    mod meters;
    mod overload;
    mod postgres;
    mod quota;
    mod redis;
    mod resend;
    mod row;
    mod scene;
    mod scripts;
    mod table;
    mod telemetry;
    mod times;
    mod verdicts;
    mod watch;
}
