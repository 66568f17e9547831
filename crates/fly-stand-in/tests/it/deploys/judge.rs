//! What never may be, looked for at every call and each quarter of a second.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fly_stand_in::{Shared, State, View};
use time::OffsetDateTime;

/// What was seen that never may be.
#[derive(Default)]
pub(super) struct Judge {
    /// Machines that there may be at once.
    pub(super) most: Cell<usize>,
    /// Whether something serves, so that something has to from now on.
    served: Cell<bool>,
    good: Cell<bool>,
    pub(super) wrong: RefCell<Vec<String>>,
    pub(super) looks: Cell<u64>,
}

fn says(view: &View, key: &str) -> bool {
    view.config["metadata"].get(key).is_some()
}

fn wakes(view: &View) -> bool {
    let may = view.config.pointer("/services/0/autostart") == Some(&true.into());
    may && view.state == State::Stopped && !view.cordoned && view.leased_until.is_none()
}

impl Judge {
    fn say(&self, now: OffsetDateTime, what: String) {
        let mut wrong = self.wrong.borrow_mut();
        if wrong.len() < 5 {
            wrong.push(format!("{now}: {what}"));
        }
    }

    /// A call is about to land.
    pub(super) fn called(&self, fly: &Arc<Shared>, told: &str) {
        self.looked(fly, told);
        let ends = told.ends_with("/stop") || told.starts_with("DELETE") && !told.contains("/lease");
        if !ends {
            return;
        }
        let routed = fly.with(|fly, now| fly.routed(now, "web"));
        if let Some(id) = routed.iter().find(|id| told.contains(id.as_str())) {
            self.say(fly.now(), format!("{told}: {id} still gets connections"));
        }
        let view = fly.with(|fly, _| fly.machines().find(|view| told.contains(&view.id)));
        let killed = view.filter(|view| told.starts_with("DELETE") && view.state == State::Started);
        if killed.is_some() {
            self.say(fly.now(), format!("{told}: killed, and was not told to end"));
        }
    }

    /// How it is now. What only a write changes is looked at after writes.
    pub(super) fn looked(&self, fly: &Arc<Shared>, told: &str) {
        self.looks.set(self.looks.get() + 1);
        if told.starts_with("GET") && self.served.get() {
            let served = fly.with(|fly, now| !fly.routed(now, "web").is_empty());
            if served {
                return;
            }
        }
        let (now, routed, all) = fly.with(|fly, now| {
            let all: Vec<View> = fly.machines().filter(|view| view.state != State::Destroyed).collect();
            (now, fly.routed(now, "web"), all)
        });
        let serves = !routed.is_empty() || all.iter().any(wakes);
        if self.served.get() && !serves {
            self.say(now, format!("{told}: nothing serves"));
        }
        self.served.set(self.served.get() || serves);
        let living = all.iter().filter(|view| !matches!(view.state, State::Destroying));
        if living.clone().count() > self.most.get() {
            self.say(now, format!("{told}: {} machines", all.len()));
        }
        // What nobody has judged yet is not good for that.
        let passed = |view: &View| says(view, "ship_passed") || !says(view, "ship_release");
        let good = living.clone().any(|view| passed(view) && !says(view, "ship_failed"));
        if self.good.get() && !good {
            self.say(now, format!("{told}: a failed release is left alone"));
        }
        self.good.set(self.good.get() || good);
        self.unproven(now, told, &all, &routed);
    }

    /// A green of ours that is routed passes its checks, but for a fault that came later; and a blue ends only behind a verdict.
    fn unproven(&self, now: OffsetDateTime, told: &str, all: &[View], routed: &[String]) {
        let unchecked = all.iter().find(|view| {
            let ours = says(view, "ship_release") && !says(view, "ship_passed");
            ours && view.boots == 1 && routed.contains(&view.id) && view.checks.len() < 2
        });
        if let Some(view) = unchecked {
            self.say(now, format!("{told}: {} is routed, and its checks were never all there", view.name));
        }
        if told.ends_with("/stop") {
            let undecided: BTreeSet<&str> = all
                .iter()
                .filter(|view| says(view, "ship_release") && !says(view, "ship_passed") && !says(view, "ship_failed"))
                .map(|view| view.name.as_str())
                .collect();
            if !undecided.is_empty() {
                self.say(now, format!("{told}: before a verdict on {undecided:?}"));
            }
        }
    }

    /// Looks for as long as nobody drops it.
    pub(super) async fn watch(&self, fly: &Arc<Shared>) -> std::convert::Infallible {
        loop {
            self.looked(fly, "GET, a moment later");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}
