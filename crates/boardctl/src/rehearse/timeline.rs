//! Who served when: looked at all the time, told when it changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fly_stand_in::site::Control;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinHandle;

/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// A machine, as a look shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Its name without the app's.
    pub name: String,
    /// Fly's word for how it lives.
    pub state: String,
    /// Whether the proxies send it requests.
    pub serves: bool,
    /// Whether it is kept from new connections.
    pub cordoned: bool,
    /// Whether its gate passes.
    pub ready: bool,
    /// Whether it says that it may be routed to; nothing where nobody asks.
    pub routable: Option<bool>,
    /// Requests that it is at.
    pub in_flight: u64,
}

/// All machines of an app, from a moment on.
#[derive(Clone, Debug, Serialize)]
pub struct Look {
    /// Since the rehearsal began, in milliseconds.
    pub at_ms: u64,
    /// By name.
    pub machines: Vec<Seen>,
}

/// Looks all the time.
pub(super) struct Watch {
    seen: Arc<Mutex<Vec<Look>>>,
    looking: JoinHandle<()>,
}

impl Watch {
    /// Begins. `tell` hears of each change.
    pub(super) fn start(control: Control, app: String, began: Instant, tell: fn(&Look)) -> Self {
        let seen: Arc<Mutex<Vec<Look>>> = Arc::default();
        let kept = seen.clone();
        let looking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                let (Ok(state), Ok(routed)) = (control.state().await, control.routed(&app).await) else { continue };
                let machines = machines(&state, &routed, &app);
                let at_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.last().is_none_or(|last| differs(&last.machines, &machines)) {
                    let look = Look { at_ms, machines };
                    tell(&look);
                    kept.push(look);
                }
            }
        });
        Self { seen, looking }
    }

    /// Ends.
    pub(super) fn end(self) -> Vec<Look> {
        self.looking.abort();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How many requests are in flight changes all the time, and is told with what else does.
fn differs(one: &[Seen], other: &[Seen]) -> bool {
    let without = |seen: &Seen| Seen { in_flight: 0, ..seen.clone() };
    !one.iter().map(without).eq(other.iter().map(without))
}

fn machines(state: &Value, routed: &[String], app: &str) -> Vec<Seen> {
    let all = state["machines"].as_array().into_iter().flatten();
    let own = all.filter(|machine| machine["app"] == app && machine["state"] != "destroyed");
    let mut seen: Vec<Seen> = own.map(|machine| one(machine, routed, app)).collect();
    seen.sort_by(|one, other| one.name.cmp(&other.name));
    seen
}

fn one(machine: &Value, routed: &[String], app: &str) -> Seen {
    let text = |key: &str| machine[key].as_str().unwrap_or_default();
    let checks: BTreeMap<&str, bool> = machine["checks"].as_array().into_iter().flatten().map(check).collect();
    let routing = checks.iter().find(|(name, _)| name.starts_with("servicecheck"));
    Seen {
        name: text("name").trim_start_matches(app).trim_start_matches('-').to_owned(),
        state: text("state").to_owned(),
        serves: routed.iter().any(|id| id == text("id")),
        cordoned: machine["cordoned"] == true,
        ready: checks.get("ready").copied().unwrap_or_default(),
        routable: routing.map(|(_, passing)| *passing),
        in_flight: machine["load"].as_u64().unwrap_or_default(),
    }
}

fn check(check: &Value) -> (&str, bool) {
    (check["name"].as_str().unwrap_or_default(), check["status"] == "passing")
}

impl Look {
    /// A line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let machines: Vec<String> = self.machines.iter().map(Seen::words).collect();
        let machines = if machines.is_empty() { "no machine".to_owned() } else { machines.join("   ") };
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a rehearsal")]
        let seconds = self.at_ms as f64 / 1_000.0;
        format!("{seconds:8.2} s  {machines}")
    }
}

impl Seen {
    /// `1234-0 SERVES ready`: the end of its colour's id and its place, and what is so.
    fn words(&self) -> String {
        let (id, place) = self.name.split_once('-').unwrap_or(("", &self.name));
        // The beginnings of two ids that were made within an hour are the same.
        let id = id.get(id.len().saturating_sub(6)..).unwrap_or(id);
        let mut words = vec![format!("{id}-{place}")];
        words.push(if self.serves { "SERVES".to_owned() } else { self.state.clone() });
        if self.cordoned {
            words.push("cordoned".to_owned());
        }
        if self.ready {
            words.push("ready".to_owned());
        }
        if self.routable == Some(true) && !self.serves {
            words.push("routable".to_owned());
        }
        if self.in_flight > 0 {
            words.push(format!("{} in flight", self.in_flight));
        }
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(cordoned: bool, load: u64) -> Value {
        let checks = json!([{"name": "servicecheck-00-http-8080", "status": "passing"},
                            {"name": "ready", "status": "critical"}]);
        json!({"machines": [
            {"id": "a", "app": "web", "name": "web-019aabbccdde0042-1", "state": "started", "cordoned": cordoned,
             "checks": checks, "load": load},
            {"id": "b", "app": "web", "name": "web-019aabbccdde0042-0", "state": "stopping", "cordoned": true},
            {"id": "c", "app": "web", "name": "gone", "state": "destroyed"},
            {"id": "d", "app": "other", "name": "other", "state": "started"},
        ]})
    }

    #[test]
    fn a_line_says_of_each_machine_of_the_app_what_is_so() {
        let machines = machines(&state(false, 3), &["a".to_owned()], "web");
        let look = Look { at_ms: 1_250, machines };
        assert_eq!(look.line(), "    1.25 s  de0042-0 stopping cordoned   de0042-1 SERVES 3 in flight");
    }

    #[test]
    fn how_many_are_in_flight_is_no_change_and_a_cordon_is_one() {
        let seen = |cordoned, load| machines(&state(cordoned, load), &[], "web");
        assert!(!differs(&seen(false, 3), &seen(false, 4)) && differs(&seen(false, 3), &seen(true, 3)));
    }
}
