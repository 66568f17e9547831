//! How long things take: as in production, or a tenth of it, so that a rehearsal takes seconds.
//!
//! What is scaled is how long somebody waits on purpose: margins, the soak, check intervals and their grace, the lame duck,
//! the drain of a service, for how long a function has to be steady. What bounds a wait for somebody else (a call, a check's answer, a
//! kill) stays: a tenth of it would fail on a machine that is only busy.

use std::str::FromStr;

use deploy::config::{EnvValue, FlyToml, GoDuration};

/// How long things take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scale {
    /// As in production.
    #[default]
    Real,
    /// A tenth.
    Tenth,
}

impl FromStr for Scale {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "real" => Ok(Self::Real),
            "tenth" => Ok(Self::Tenth),
            _ => Err(()),
        }
    }
}

impl Scale {
    /// As `DEPLOY_TIMES` has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Tenth => "tenth",
        }
    }

    /// The same app in these times.
    pub(crate) fn of(self, mut toml: FlyToml) -> FlyToml {
        if self == Self::Real {
            return toml;
        }
        // A caller may hold on to a connection for all of DRAIN_S. What a function without a service has in flight is its
        // own work, which ends by itself: that bound stays.
        let waited_for: &[&str] =
            if toml.http_service.is_some() { &["LAME_DUCK_S", "DRAIN_S"] } else { &["LAME_DUCK_S"] };
        for &name in waited_for {
            if let Some(value) = toml.env.get_mut(name) {
                *value = tenth_of_a_number(value);
            }
        }
        for check in toml.http_service.iter_mut().flat_map(|service| &mut service.checks) {
            check.interval = check.interval.map(tenth);
            check.grace_period = check.grace_period.map(tenth);
            check.path = check.path.as_deref().map(steady);
        }
        for check in toml.checks.values_mut() {
            check.interval = check.interval.map(tenth);
            check.grace_period = check.grace_period.map(tenth);
            check.path = check.path.as_deref().map(steady);
        }
        toml
    }
}

fn tenth(time: GoDuration) -> GoDuration {
    GoDuration(time.0 / 10)
}

/// One that is no number is left: the function itself tells what is wrong with it.
fn tenth_of_a_number(value: &EnvValue) -> EnvValue {
    let seconds: Option<f64> = value.0.parse().ok();
    seconds.map_or_else(|| value.clone(), |seconds| EnvValue((seconds / 10.0).to_string()))
}

/// A path with a tenth of its `steady=`, which takes whole seconds.
fn steady(path: &str) -> String {
    let asked = path.split_once("steady=").and_then(|(before, after)| Some((before, after.strip_suffix('s')?)));
    let seconds = asked.and_then(|(before, seconds)| Some((before, seconds.parse::<u64>().ok()?)));
    match seconds {
        Some((before, seconds)) => format!("{before}steady={}s", (seconds / 10).max(1)),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toml() -> FlyToml {
        FlyToml::parse(include_str!("../../../../fly/api.toml")).expect("our own")
    }

    #[test]
    fn a_tenth_is_of_what_is_waited_for_on_purpose_and_of_no_bound() {
        let (real, tenth) = (toml(), Scale::Tenth.of(toml()));
        let ms = |time: Option<GoDuration>| time.map(|time| time.0.as_millis());
        let ready = |toml: &FlyToml| toml.checks["ready"].clone();
        assert_eq!((ms(ready(&real).interval), ms(ready(&tenth).interval)), (Some(15_000), Some(1_500)));
        assert_eq!(ms(ready(&tenth).grace_period), Some(1_000));
        assert_eq!(ready(&tenth).path.as_deref(), Some("/readyz?steady=1s"));
        assert_eq!(ready(&tenth).timeout, ready(&real).timeout);
        let routing = &tenth.http_service.as_ref().expect("a service").checks[0];
        assert_eq!((ms(routing.interval), ms(routing.grace_period)), (Some(200), Some(500)));
        let env = |name: &str| tenth.env[name].0.as_str();
        assert_eq!((env("LAME_DUCK_S"), env("DRAIN_S"), env("DRAIN_GIVE_UP_S")), ("0.6", "1.2", "25"));
        assert_eq!(tenth.kill_timeout, real.kill_timeout);
    }

    #[test]
    fn what_a_worker_has_in_flight_ends_by_itself_so_that_its_bound_stays() {
        let worker = FlyToml::parse(include_str!("../../../../fly/email-worker.toml")).expect("our own");
        let tenth = Scale::Tenth.of(worker);
        assert_eq!((tenth.env["LAME_DUCK_S"].0.as_str(), tenth.env["DRAIN_S"].0.as_str()), ("0.6", "12"));
    }

    #[test]
    fn real_times_are_left() {
        let of = |toml: FlyToml| format!("{toml:?}");
        assert_eq!(of(Scale::Real.of(toml())), of(toml()));
    }

    #[test]
    fn other_words_and_paths_are_none() {
        assert!("".parse::<Scale>().is_err() && "Tenth".parse::<Scale>().is_err());
        for scale in [Scale::Real, Scale::Tenth] {
            assert_eq!(scale.as_str().parse(), Ok(scale));
        }
        assert_eq!((steady("/routable"), steady("/x?steady=3s")), ("/routable".to_owned(), "/x?steady=1s".to_owned()));
    }
}
