//! Watches the greens that were let in: through the proxy once a second, or by their checks as often as they are read.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::checks::{Expected, Health, gate_path};
use super::fault::{Blues, Judgement, Look, Pulse, judge};
use super::{Gate, Proxy, Times};
use crate::machines::{Machine, MachineId, State};

/// A green that is watched.
#[derive(Debug, Default)]
struct Watched {
    path: String,
    pulse: Pulse,
    /// When it was asked that last answered at its gate.
    answered: Option<Instant>,
}

/// The greens that are watched.
#[derive(Debug, Default)]
pub(super) struct Watch {
    watched: RefCell<BTreeMap<MachineId, Watched>>,
}

/// What is concluded of all of them, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) judgement: Judgement,
    /// The machine that shows it, and what.
    pub(super) shows: Option<(MachineId, String)>,
}

impl Watch {
    /// Watches these from now on, and no others.
    pub(super) fn set(&self, greens: &[&Machine], gate: Gate) {
        let mut watched = self.watched.borrow_mut();
        watched.retain(|id, _| greens.iter().any(|green| green.id == *id));
        for green in greens {
            watched.entry(green.id.clone()).or_default().path = gate_path(green, gate);
        }
    }

    /// Asks each at its gate through the proxy, once a second, for as long as nobody drops this.
    pub(super) async fn look<P: Proxy>(&self, proxy: Option<&P>, times: &Times) -> std::convert::Infallible {
        let Some(proxy) = proxy else { return std::future::pending().await };
        loop {
            let now = Instant::now();
            let asked: Vec<(MachineId, String)> =
                self.watched.borrow().iter().map(|(id, green)| (id.clone(), green.path.clone())).collect();
            join_all(asked.iter().map(|(id, path)| self.ask(proxy, id, path))).await;
            tokio::time::sleep_until(now + times.look).await;
        }
    }

    async fn ask<P: Proxy>(&self, proxy: &P, id: &MachineId, path: &str) {
        let asked = Instant::now();
        let look = Look::of(proxy.ask(id, path).await);
        let mut watched = self.watched.borrow_mut();
        let Some(green) = watched.get_mut(id) else { return };
        if !matches!(look, Look::Unreached(_)) {
            green.answered = Some(asked);
        }
        green.pulse.note(Instant::now(), look);
    }

    /// Those that have answered, and when they were asked.
    pub(super) fn answered(&self) -> Vec<(MachineId, Instant)> {
        let watched = self.watched.borrow();
        watched.iter().filter_map(|(id, green)| Some((id.clone(), green.answered?))).collect()
    }

    /// Where there is no proxy to ask through, their checks say how they are.
    pub(super) fn read(&self, greens: &[&Machine], gate: Gate) {
        let mut watched = self.watched.borrow_mut();
        for green in greens {
            let Some(seen) = watched.get_mut(&green.id) else { continue };
            match Expected::of(green, gate).health(green) {
                Health::Passing => seen.pulse.note(Instant::now(), Look::Well),
                Health::Failing(shows) => seen.pulse.note(Instant::now(), Look::Unwell { able: false, shows }),
                Health::Awaited => {}
            }
        }
    }

    /// What is concluded now, from these greens and these blues.
    pub(super) fn judge(&self, greens: &[&Machine], blues: &[&Machine], gate: Gate, times: &Times) -> Verdict {
        if let Some((green, shows)) = greens.iter().find_map(|green| Some((green, exited(green)?))) {
            return Verdict { judgement: Judgement::Greens, shows: Some((green.id.clone(), shows)) };
        }
        let blues = beside(blues, gate);
        if let Some(verdict) = unproven(greens, &blues, gate) {
            return verdict;
        }
        let now = Instant::now();
        let worst = |judgement: Judgement| match judgement {
            Judgement::Well => 0,
            Judgement::Open => 1,
            Judgement::Both => 2,
            Judgement::Greens => 3,
        };
        let mut watched = self.watched.borrow_mut();
        let all = watched.iter_mut().map(|(id, green)| {
            let judgement = judge(&mut green.pulse, &blues, now, times);
            Verdict { judgement, shows: Some((id.clone(), green.pulse.shows.clone())) }
        });
        let found = all.filter(|verdict| verdict.judgement != Judgement::Well).max_by_key(|one| worst(one.judgement));
        found.unwrap_or(Verdict { judgement: Judgement::Well, shows: None })
    }
}

/// A process of ours ends when it is told to, or because something is wrong with it.
fn exited(green: &Machine) -> Option<String> {
    let exit = green.events.iter().filter_map(|event| event.exit).find(|exit| !exit.requested_stop)?;
    let memory = if exit.oom_killed { ", out of memory" } else { "" };
    Some(format!("its process has ended by itself with code {}{memory}", exit.exit_code))
}

fn beside(blues: &[&Machine], gate: Gate) -> Blues {
    let mut all = Blues::default();
    for blue in blues.iter().filter(|blue| blue.state == State::Started) {
        let expected = Expected::of(blue, gate);
        all.awake += 1;
        all.failing += usize::from(matches!(expected.health(blue), Health::Failing(_)));
        all.patience = all.patience.max(expected.patience);
    }
    all
}

/// A green that was not let in yet, and cannot be while its checks fail: with all blues failing as well, it waits for what
/// both stand on.
fn unproven(greens: &[&Machine], blues: &Blues, gate: Gate) -> Option<Verdict> {
    if blues.awake == 0 || blues.failing < blues.awake {
        return None;
    }
    greens.iter().filter(|green| green.cordoned && green.state == State::Started).find_map(|green| match Expected::of(
        green, gate,
    )
    .health(green)
    {
        Health::Failing(shows) => Some(Verdict { judgement: Judgement::Both, shows: Some((green.id.clone(), shows)) }),
        Health::Passing | Health::Awaited => None,
    })
}
