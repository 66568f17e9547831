//! How well, or how badly, the stand-in behaves.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

/// The longest wait that may be asked for: past it, a test hangs rather than being slow.
const LONGEST_LATENCY: Duration = Duration::from_secs(600);
/// The longest script of faults, so that it stays bounded.
const LONGEST_SCRIPT: usize = 1_000;

/// A share of all requests, from 0 (none) to 1 (all).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "f64")]
pub struct Share(f64);

impl Share {
    /// The share as a number from 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// What was given as a share is not a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotAShare;

impl fmt::Display for NotAShare {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a share is a number from 0 to 1")
    }
}

impl std::error::Error for NotAShare {}

impl TryFrom<f64> for Share {
    type Error = NotAShare;

    fn try_from(share: f64) -> Result<Self, NotAShare> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(NotAShare) }
    }
}

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(written: &str) -> Result<Self, NotAShare> {
        written.parse::<f64>().map_err(|_| NotAShare)?.try_into()
    }
}

/// What the team's key may do, in Resend's own words.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub enum Access {
    /// Everything.
    #[default]
    #[serde(rename = "full_access")]
    Full,
    /// Send mails, and nothing else.
    #[serde(rename = "sending_access")]
    Sending,
}

/// How the stand-in behaves. The default is a perfect Resend: at once, without fault, without limit.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// How long accepting takes. Refusals and replays are answered at once.
    pub latency: Duration,
    /// The share of otherwise good send requests that answer 500 `application_error`; half of them *after*
    /// the mail was accepted, as when an answer is lost.
    pub fail_rate: Share,
    /// Requests a second; none is no limit, 0 refuses everything.
    pub rate_limit: Option<u32>,
    /// The key callers must show; without one, every key that begins with `re_` will do.
    pub api_key: Option<String>,
    /// What that key may do.
    pub access: Access,
    /// What faults are drawn from: the same seed draws the same faults.
    pub seed: u64,
}

/// One fault of a script. It meets the next send request that would otherwise have been accepted or replayed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// The status to answer, 400 to 599.
    pub status: u16,
    /// Resend's name of the problem.
    pub name: String,
    /// The `retry-after` header, in seconds.
    pub retry_after_s: Option<u64>,
    /// Whether the mail is accepted before the request fails.
    pub after_acceptance: bool,
    /// Whether the connection is cut instead of answering.
    pub drop_connection: bool,
    /// Whether the answer is a 200 that is none of Resend's, as of a proxy that has lost its way.
    pub malformed: bool,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            status: 500,
            name: "application_error".to_owned(),
            retry_after_s: None,
            after_acceptance: false,
            drop_connection: false,
            malformed: false,
        }
    }
}

/// A change of behaviour: what is absent stays as it is.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Change {
    latency_ms: Option<u64>,
    fail_rate: Option<Share>,
    // Absent leaves the limit, null lifts it.
    #[serde(deserialize_with = "present")]
    rate_limit: Option<Option<u32>>,
    // Absent leaves the key, null takes any of Resend's form. It is never answered.
    #[serde(deserialize_with = "present")]
    api_key: Option<Option<String>>,
    access: Option<Access>,
    fail_next: Option<VecDeque<Fault>>,
}

fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

impl Change {
    /// Applies the change, whole or not at all; the error says what cannot be.
    pub(crate) fn apply(self, behaviour: &mut Behaviour, script: &mut VecDeque<Fault>) -> Result<(), String> {
        let latency = self.latency_ms.map(Duration::from_millis);
        if latency.is_some_and(|latency| latency > LONGEST_LATENCY) {
            return Err(format!("latency_ms is at most {}", LONGEST_LATENCY.as_millis()));
        }
        for fault in self.fail_next.iter().flatten() {
            if !(400..=599).contains(&fault.status) {
                return Err(format!("a status of fail_next is 400 to 599, not {}", fault.status));
            }
        }
        if self.fail_next.as_ref().is_some_and(|faults| faults.len() > LONGEST_SCRIPT) {
            return Err(format!("fail_next holds at most {LONGEST_SCRIPT} faults"));
        }
        behaviour.latency = latency.unwrap_or(behaviour.latency);
        behaviour.fail_rate = self.fail_rate.unwrap_or(behaviour.fail_rate);
        behaviour.rate_limit = self.rate_limit.unwrap_or(behaviour.rate_limit);
        behaviour.access = self.access.unwrap_or(behaviour.access);
        if let Some(key) = self.api_key {
            behaviour.api_key = key;
        }
        if let Some(faults) = self.fail_next {
            *script = faults;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(json: &str, behaviour: &mut Behaviour) -> Result<VecDeque<Fault>, String> {
        let mut script = VecDeque::new();
        let change: Change = serde_json::from_str(json).map_err(|error| error.to_string())?;
        change.apply(behaviour, &mut script).map(|()| script)
    }

    #[test]
    fn a_share_is_from_nothing_to_all() {
        assert_eq!("0.25".parse::<Share>().map(Share::get), Ok(0.25));
        for bad in ["-0.1", "1.1", "NaN", "half", ""] {
            assert_eq!(bad.parse::<Share>(), Err(NotAShare), "{bad}");
        }
    }

    #[test]
    fn what_a_change_does_not_name_stays() {
        let mut behaviour = Behaviour { rate_limit: Some(5), ..Behaviour::default() };
        change(r#"{"latency_ms": 20}"#, &mut behaviour).expect("a good change");
        assert_eq!((behaviour.latency, behaviour.rate_limit), (Duration::from_millis(20), Some(5)));
    }

    #[test]
    fn null_lifts_the_rate_limit() {
        let mut behaviour = Behaviour { rate_limit: Some(5), ..Behaviour::default() };
        change(r#"{"rate_limit": null}"#, &mut behaviour).expect("a good change");
        assert_eq!(behaviour.rate_limit, None);
    }

    #[test]
    fn a_key_can_be_taken_away_and_any_be_taken_again() {
        let mut behaviour = Behaviour::default();
        change(r#"{"api_key": "re_other", "access": "sending_access"}"#, &mut behaviour).expect("a good change");
        assert_eq!((behaviour.api_key.as_deref(), behaviour.access), (Some("re_other"), Access::Sending));
        change(r#"{"api_key": null}"#, &mut behaviour).expect("a good change");
        assert_eq!((behaviour.api_key, behaviour.access), (None, Access::Sending));
    }

    #[test]
    fn a_bad_change_changes_nothing() {
        let mut behaviour = Behaviour::default();
        for bad in [
            r#"{"rate_limit": 5, "latency_ms": 600001}"#,
            r#"{"rate_limit": 5, "fail_next": [{"status": 200}]}"#,
            r#"{"rate_limit": 5, "fail_rate": 2}"#,
            r#"{"rate_limit": 5, "latency": 1}"#,
            r#"{"rate_limit": 5, "access": "any"}"#,
        ] {
            assert!(change(bad, &mut behaviour).is_err(), "{bad}");
            assert_eq!(behaviour.rate_limit, None, "{bad}");
        }
    }

    #[test]
    fn a_fault_without_words_is_an_application_error() {
        let script = change(r#"{"fail_next": [{}]}"#, &mut Behaviour::default()).expect("a good change");
        assert_eq!(script, [Fault::default()]);
    }
}
