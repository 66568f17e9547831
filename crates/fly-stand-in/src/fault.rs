//! Calls that go wrong, by plan.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::act::Act;
use crate::settings::ms;

/// One thing that goes wrong. It counts the calls that are meant, and befalls the `nth` of them, and `times` in a row.
/// Calls that are refused for their pace do not count.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Which call is meant; none is any.
    pub call: Option<Act>,
    /// On which machine, by id or name (a create has the name alone); none is any.
    pub machine: Option<String>,
    /// Which of them, from 1 on.
    pub nth: u32,
    /// How many from there.
    pub times: u32,
    /// Whether the call is done all the same.
    pub lands: Lands,
    /// What comes instead of its answer.
    pub answer: Instead,
}

impl Default for Fault {
    fn default() -> Self {
        let answer = Instead::Status { status: 500, body: None, retry_after_s: None };
        Self { call: None, machine: None, nth: 1, times: 1, lands: Lands::Never, answer }
    }
}

/// Whether a call that goes wrong is done.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lands {
    /// It is not.
    Never,
    /// It is, and only its answer is lost.
    AtOnce,
    /// It will be, so much later: as when who sent it is long dead.
    #[serde(rename = "after_ms", with = "ms")]
    After(Duration),
}

/// What comes instead of an answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// Nothing, for as long as the caller waits.
    Hang,
    /// The end of the connection.
    Cut,
    /// Another answer.
    Status {
        /// Its status.
        status: u16,
        /// Its body, whole; none is a text that says that this was planned.
        #[serde(default)]
        body: Option<String>,
        /// The header `retry-after`.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
}

/// What is planned.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Plan {
    faults: Vec<Fault>,
    befallen: u64,
}

impl Plan {
    /// Plans one more.
    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Plans nothing any more.
    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// How many calls have gone wrong.
    pub(crate) fn befallen(&self) -> u64 {
        self.befallen
    }

    /// What befalls this call, on a machine of these names. Each plan counts for itself; the first that is due has it.
    pub(crate) fn befalls(&mut self, act: Act, names: &[&str]) -> Option<Fault> {
        let mut found = None;
        for fault in &mut self.faults {
            let named = fault.machine.as_deref().is_none_or(|machine| names.contains(&machine));
            if fault.call.is_some_and(|call| call != act) || !named {
                continue;
            }
            if fault.nth > 1 {
                fault.nth -= 1;
            } else if fault.times > 0 && found.is_none() {
                fault.times -= 1;
                found = Some(fault.clone());
            }
        }
        self.faults.retain(|fault| fault.times > 0);
        self.befallen += u64::from(found.is_some());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_befalls_the_nth_call_that_is_meant_and_no_other() {
        let mut plan = Plan::default();
        plan.add(Fault { call: Some(Act::Stop), machine: Some("b".to_owned()), nth: 2, times: 2, ..Fault::default() });
        let calls = [
            (Act::Stop, "a"),
            (Act::Stop, "b"),
            (Act::Start, "b"),
            (Act::Stop, "b"),
            (Act::Stop, "b"),
            (Act::Stop, "b"),
        ];
        let befallen = calls.map(|(act, name)| plan.befalls(act, &["id", name]).is_some());
        assert_eq!(befallen, [false, false, false, true, true, false]);
        assert_eq!((plan.befallen(), plan.faults.len()), (2, 0));
    }

    #[test]
    fn a_fault_is_planned_in_few_words() {
        let fault: Fault = serde_json::from_str(
            r#"{"call": "create", "lands": {"after_ms": 5000}, "answer": {"status": {"status": 502}}}"#,
        )
        .expect("understood");
        assert_eq!(fault.lands, Lands::After(Duration::from_secs(5)));
        assert_eq!((fault.call, fault.nth), (Some(Act::Create), 1));
        assert!(serde_json::from_str::<Fault>(r#"{"answer": "hang", "nht": 2}"#).is_err());
    }
}
