//! What happens to a machine, and what comes of it. Each step is given its time; what comes next by itself is left in
//! `dues`.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Check, Event, Machine, State, Stop, Told};
use crate::behaviour::Behaviour;
use crate::config::{self, Restart};
use crate::ids::Ids;
use crate::refusal::Refusal;
use crate::settings::Settings;

/// Equal checks are not looked at in one moment: they come into the list one after the other.
const STAGGER: Duration = Duration::from_millis(100);

/// Of a process that was killed.
const KILLED: i64 = 137;

/// What happens by itself when its time has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Due {
    LaidOut,
    Booted,
    /// With a code, which is 128 and the signal where that ended it.
    Exits {
        code: i64,
        signal: Option<i64>,
        oom: bool,
    },
    Looked(usize),
    Suspended,
    Gone,
    Forgotten,
}

/// What a step needs beside the machine.
pub(crate) struct Around<'a> {
    pub(crate) behaviour: Behaviour,
    pub(crate) settings: &'a Settings,
    pub(crate) ids: &'a mut Ids,
}

impl Machine {
    /// Enters a state; what was to come in the last one does not.
    fn enter(&mut self, at: OffsetDateTime, state: State) {
        (self.state, self.since) = (state, at);
        self.updated = at;
        self.stop = None;
        self.dues.clear();
    }

    fn then(&mut self, at: OffsetDateTime, after: Option<Duration>, due: Due) {
        self.dues.extend(after.map(|after| (at + after, due)));
    }

    fn event(
        &mut self,
        at: OffsetDateTime,
        around: &mut Around<'_>,
        (kind, source): (&'static str, &'static str),
        request: Option<Value>,
    ) {
        let (id, status) = (around.ids.ulid(at), self.state);
        self.events.insert(0, Event { id, kind, status, source, at, request });
        // Fly keeps more than it shows; a machine that fails for hours must not grow here.
        self.events.truncate(50);
    }

    /// Made: its image comes first.
    pub(crate) fn make(&mut self, at: OffsetDateTime, around: &mut Around<'_>) {
        self.enter(at, State::Created);
        self.event(at, around, ("launch", "user"), None);
        self.then(at, around.behaviour.lays_out, Due::LaidOut);
    }

    /// Given another configuration: a new version of it begins.
    pub(crate) fn replace(&mut self, at: OffsetDateTime, around: &mut Around<'_>) {
        self.instance = around.ids.ulid(at);
        self.stop_checks(at);
        self.enter(at, State::Replacing);
        self.event(at, around, ("update", "user"), None);
        self.then(at, around.behaviour.lays_out, Due::LaidOut);
    }

    /// Something whose time has come, or that somebody tells.
    pub(crate) fn happen(&mut self, at: OffsetDateTime, due: Due, around: &mut Around<'_>) {
        match due {
            Due::LaidOut if self.skip_launch => self.enter(at, State::Stopped),
            Due::LaidOut => self.boot(at, State::Starting, around),
            Due::Booted => self.booted(at, around),
            Due::Exits { code, signal, oom } => self.exited(at, (code, signal, oom), around),
            Due::Looked(check) => self.looked(at, check, &around.behaviour),
            Due::Suspended => {
                self.stop_checks(at);
                self.enter(at, State::Suspended);
                self.event(at, around, ("suspend", "flyd"), None);
            }
            Due::Gone => {
                self.enter(at, State::Destroyed);
                self.lease = None;
                self.event(at, around, ("destroy", "flyd"), None);
                self.then(at, Some(around.settings.remembers), Due::Forgotten);
            }
            // Whoever holds the machines drops it.
            Due::Forgotten => {}
        }
    }

    fn boot(&mut self, at: OffsetDateTime, state: State, around: &mut Around<'_>) {
        self.enter(at, state);
        self.secrets = self.stored_secrets;
        self.boots += 1;
        self.then(at, around.behaviour.boots, Due::Booted);
    }

    fn booted(&mut self, at: OffsetDateTime, around: &mut Around<'_>) {
        self.enter(at, State::Started);
        let request = (self.restarts > 0).then(|| json!({ "restart_count": self.restarts }));
        self.event(at, around, ("start", "flyd"), request);
        // A configuration that is not understood was refused.
        let configured = config::checks(&self.config).unwrap_or_default();
        self.checks = configured.into_iter().map(|configured| Check { configured, told: None }).collect();
        if !around.behaviour.checks_are_told {
            for (place, stagger) in (0..self.checks.len()).zip(1_u32..) {
                let first = self.checks[place].configured.grace + STAGGER * stagger;
                self.then(at, Some(first), Due::Looked(place));
            }
        }
        if let Some(exits) = around.behaviour.exits {
            self.then(at, Some(exits.after), Due::Exits { code: exits.code, signal: None, oom: exits.oom });
        }
    }

    fn exited(&mut self, at: OffsetDateTime, (code, signal, oom): (i64, Option<i64>, bool), around: &mut Around<'_>) {
        let requested = self.stop.take().is_some();
        let again = !requested
            && match config::restart(&self.config) {
                Restart::No => false,
                Restart::Always => true,
                Restart::OnFailure { max } => code != 0 && self.restarts < max,
            };
        self.stop_checks(at);
        self.enter(at, State::Stopped);
        // What is zero or false is left out; no signal is −1.
        let by = signal.unwrap_or(-1);
        let mut exit = json!({ "exited_at": crate::refusal::stamp(at), "signal": by, "guest_signal": by });
        if code != 0 {
            exit["exit_code"] = json!(code);
        }
        if code != 0 && signal.is_none() {
            exit["guest_exit_code"] = json!(code);
        }
        for (name, so) in [("oom_killed", oom), ("requested_stop", requested), ("restarting", again)] {
            if so {
                exit[name] = json!(true);
            }
        }
        let request = json!({ "exit_event": exit.clone(), "MonitorEvent": { "exit_event": exit } });
        self.event(at, around, ("exit", "flyd"), Some(request));
        if again {
            self.restarts += 1;
            self.boot(at, State::Restarting, around);
        } else if self.config["auto_destroy"] == json!(true) {
            self.destroy(at, around);
        }
    }

    fn looked(&mut self, at: OffsetDateTime, place: usize, behaviour: &Behaviour) {
        let Some(check) = self.checks.get(place) else { return };
        let (name, interval) = (check.configured.name.clone(), check.configured.interval);
        let found = behaviour.checks.get(&name).copied().unwrap_or_default();
        let passing = found.passes((at - self.since).unsigned_abs());
        let output = if passing { "Success" } else { "connect: connection refused" };
        self.checked(at, &name, passing, output);
        self.dues.retain(|(_, due)| *due != Due::Looked(place));
        self.then(at, Some(interval), Due::Looked(place));
    }

    /// What came of a check. It says false where there is none of this name.
    pub(crate) fn checked(&mut self, at: OffsetDateTime, name: &str, passing: bool, output: &str) -> bool {
        let Some(check) = self.checks.iter_mut().find(|check| check.configured.name == name) else { return false };
        let same = check.told.as_ref().filter(|told| told.passing == passing);
        let since = same.map_or(at, |told| told.since);
        check.told = Some(Told { passing, output: output.to_owned(), since });
        true
    }

    /// Nobody is there to be looked at.
    fn stop_checks(&mut self, at: OffsetDateTime) {
        for check in self.checks.iter_mut().filter(|check| check.told.is_some()) {
            check.told = Some(Told { passing: false, output: "gone".to_owned(), since: at });
        }
    }

    /// Somebody has it started: a person, or the proxy for a request.
    pub(crate) fn start(
        &mut self,
        at: OffsetDateTime,
        source: &'static str,
        around: &mut Around<'_>,
    ) -> Result<(), Refusal> {
        let active = self.boots > 0 && self.state == State::Stopped && at < self.since + around.settings.still_active;
        if active {
            return Err(Refusal::wrong_state("machine still active, refusing to start"));
        }
        if !self.state.is_idle() {
            let word = self.state.word();
            return Err(Refusal::wrong_state(format!("unable to start machine from current state: '{word}'")));
        }
        if self.host_full {
            let text =
                "aborted: could not reserve resource for machine: insufficient CPUs available to fulfill request";
            return Err(Refusal::new(409, text));
        }
        self.restarts = 0;
        self.boot(at, State::Starting, around);
        self.event(at, around, ("start", source), None);
        Ok(())
    }

    /// Somebody has it stopped: the signal, and in the end SIGKILL. Of one that is stopped, nothing is to be done.
    pub(crate) fn stop(
        &mut self,
        at: OffsetDateTime,
        (signal, timeout): (&str, Duration),
        source: &'static str,
        around: &mut Around<'_>,
    ) -> Result<(), Refusal> {
        match self.state {
            State::Stopped => return Ok(()),
            State::Suspended => {
                self.enter(at, State::Stopped);
                return Ok(());
            }
            State::Starting | State::Started | State::Restarting | State::Stopping => {}
            _ => {
                let word = self.state.word();
                return Err(Refusal::wrong_state(format!("unable to stop machine from current state: '{word}'")));
            }
        }
        let behaviour = &around.behaviour;
        let heeds = if signal == "SIGKILL" { None } else { behaviour.stops.filter(|takes| *takes <= timeout) };
        let timeout = if signal == "SIGKILL" { Duration::ZERO } else { timeout };
        let (code, signal_of_end) = if heeds.is_some() { (0, None) } else { (KILLED, Some(9)) };
        self.enter(at, State::Stopping);
        self.stop = Some(Stop { signal: signal.to_owned(), deadline: at + timeout });
        self.event(at, around, ("stop", source), None);
        self.then(at, Some(heeds.unwrap_or(timeout)), Due::Exits { code, signal: signal_of_end, oom: false });
        Ok(())
    }

    /// Puts it to sleep, its memory kept.
    pub(crate) fn suspend(
        &mut self,
        at: OffsetDateTime,
        source: &'static str,
        around: &mut Around<'_>,
    ) -> Result<(), Refusal> {
        if self.state != State::Started {
            let word = self.state.word();
            return Err(Refusal::wrong_state(format!("unable to suspend machine from current state: '{word}'")));
        }
        self.enter(at, State::Suspending);
        self.event(at, around, ("suspend", source), None);
        self.then(at, Some(around.settings.suspends), Due::Suspended);
        Ok(())
    }

    /// On its way out, whatever it does.
    pub(crate) fn destroy(&mut self, at: OffsetDateTime, around: &mut Around<'_>) {
        if matches!(self.state, State::Destroying | State::Destroyed) {
            return;
        }
        self.stop_checks(at);
        self.enter(at, State::Destroying);
        self.event(at, around, ("destroy", "user"), None);
        self.then(at, Some(around.settings.destroys), Due::Gone);
    }
}
