//! How long things take: as in production with `FAULTS_LONG=1`, else a tenth of it where a setting allows that. Timeouts
//! and the breaker's window stay as they are.

use std::time::Duration;

/// Whether the real times are wanted.
pub(super) fn long() -> bool {
    std::env::var_os("FAULTS_LONG").is_some_and(|value| value == "1")
}

fn either(real: f64, short: f64) -> Duration {
    Duration::from_secs_f64(if long() { real } else { short })
}

/// How long a server is away.
pub(super) fn outage() -> Duration {
    either(90.0, 9.0)
}

/// How long it is away for long.
pub(super) fn long_outage() -> Duration {
    either(600.0, 9.0)
}

/// How long a server is frozen.
pub(super) fn freeze() -> Duration {
    either(60.0, 12.0)
}

/// How long Resend refuses every mail.
pub(super) fn refusal() -> Duration {
    either(120.0, 12.0)
}

/// How many applications cause mails that pile up meanwhile.
pub(super) fn pile() -> i32 {
    if long() { 5_000 } else { 500 }
}

/// How long mails may take to leave once all is well: their back-off, and what has piled up.
pub(super) fn mails_leave() -> Duration {
    either(900.0, 90.0)
}

/// How long a breaker stays open.
pub(super) fn breaker_open() -> Duration {
    either(30.0, 3.0)
}

/// How soon everything is good again once what was broken is whole: the breaker's time, and 5 s.
pub(super) fn back() -> Duration {
    either(35.0, 8.0)
}

/// How long a process that drains goes on serving.
pub(super) fn lame_duck() -> Duration {
    either(6.0, 0.6)
}

/// How long a request in flight may take once it has.
pub(super) fn drain() -> Duration {
    either(12.0, 1.2)
}

/// How long a client waits before it repeats a request that was refused.
pub(super) fn client_pause() -> Duration {
    either(3.0, 0.3)
}

/// How often the proxy asks whether a machine is routable.
pub(super) fn routing_check() -> Duration {
    either(2.0, 0.2)
}

/// How long the proxy keeps an idle connection to a machine, and the longest gap between two requests of a client.
pub(super) fn idle() -> Duration {
    either(3.9, 0.39)
}

/// How long faults of all kinds come at random.
pub(super) fn at_random() -> Duration {
    either(600.0, 30.0)
}
