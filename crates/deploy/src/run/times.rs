//! How long things take.

use std::time::Duration;

use crate::machines::Limits;

/// Intervals and margins. How long a call may take is none of these: it is the client's, and no test shortens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Until all proxies have heard of a cordon, or of its end.
    pub margin: Duration,
    /// How long what was seen is good.
    pub sight: Duration,
    /// How long the older colour rests before the verdict.
    pub soak: Duration,
    /// How long a lease lasts: whole seconds.
    pub lease: Duration,
    /// How often it is refreshed.
    pub refresh: Duration,
    /// How long one step may be asked for.
    pub step: Duration,
    /// How long a run may take, after which what has no verdict is taken back.
    pub whole: Duration,
    /// Between two looks at a gate, at checks, at whatever is waited for.
    pub look: Duration,
    /// How long a green that is not well has to say that all it needs is there, before that is believed.
    pub own: Duration,
    /// What a call that was refused waits for at first; each further refusal of the same doubles it, to eight times.
    pub again: Duration,
    /// How long a machine that is stopped has until it is killed, where its configuration does not say.
    pub kill: Duration,
    /// The API's own intervals.
    pub limits: Limits,
}

impl Times {
    /// Those of production.
    #[must_use]
    pub fn real() -> Self {
        Self {
            // flyctl's own margin. Gossip takes seconds, and nobody acknowledges.
            margin: Duration::from_secs(10),
            sight: Duration::from_secs(10),
            soak: Duration::from_secs(60),
            lease: Duration::from_secs(60),
            // A quarter: three may be lost before the lease is.
            refresh: Duration::from_secs(15),
            step: Duration::from_secs(300),
            whole: Duration::from_secs(3_600),
            look: Duration::from_secs(1),
            own: Duration::from_secs(6),
            again: Duration::from_secs(1),
            // Fly's own.
            kill: Duration::from_secs(5),
            limits: Limits::default(),
        }
    }

    /// A tenth, for rehearsals against a stand-in. A lease is shortened as far as it may be: it bounds the calls that are done
    /// under it, whose own bounds are never shortened, and whoever comes after a dead run waits for its end.
    #[must_use]
    pub fn tenth() -> Self {
        let real = Self::real();
        let Limits { call, interval, look_interval, list_interval, lag } = real.limits;
        let tenth = |time: Duration| time / 10;
        Self {
            margin: tenth(real.margin),
            sight: tenth(real.sight),
            soak: tenth(real.soak),
            lease: Duration::from_secs(20),
            refresh: tenth(real.refresh),
            step: tenth(real.step),
            whole: tenth(real.whole),
            look: tenth(real.look),
            own: tenth(real.own),
            again: tenth(real.again),
            kill: real.kill,
            limits: Limits {
                call,
                interval: tenth(interval),
                look_interval: tenth(look_interval),
                list_interval: tenth(list_interval),
                lag: tenth(lag),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_a_tenth_of_all_but_bounds() {
        let (real, tenth) = (Times::real(), Times::tenth());
        for (real, tenth) in [
            (real.margin, tenth.margin),
            (real.sight, tenth.sight),
            (real.soak, tenth.soak),
            (real.refresh, tenth.refresh),
            (real.step, tenth.step),
            (real.look, tenth.look),
            (real.own, tenth.own),
            (real.limits.interval, tenth.limits.interval),
            (real.limits.list_interval, tenth.limits.list_interval),
            (real.limits.lag, tenth.limits.lag),
        ] {
            assert_eq!(real, tenth * 10);
        }
        assert_eq!((real.limits.call, real.kill), (tenth.limits.call, tenth.kill));
    }

    #[test]
    fn a_call_ends_well_before_a_lease_that_was_just_refreshed() {
        for times in [Times::real(), Times::tenth()] {
            assert!(times.limits.call + times.refresh * 2 < times.lease);
        }
    }
}
