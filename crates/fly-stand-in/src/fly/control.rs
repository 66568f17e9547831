//! What a test, or whoever runs the real thing, says and sees.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Fly;
use crate::behaviour::{Behaviour, Whose};
use crate::fault::Fault;
use crate::machine::life::Due;
use crate::machine::{Host, Machine, State, Stop};
use crate::settings::Settings;

/// Something that happens to a machine now, whatever its behaviour has it do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Happening {
    /// Its image is laid out.
    LaidOut,
    /// Its init runs.
    Booted,
    /// Its process has ended.
    Exited {
        /// With which code.
        code: i64,
        /// Whether memory ran out.
        #[serde(default)]
        oom: bool,
    },
    /// A check was looked at. It stays so where the behaviour says that checks are told; else until the next look.
    Checked {
        /// Its name.
        check: String,
        /// What came of it.
        passing: bool,
    },
    /// So much it has to do from now on, as the proxies count it.
    Load(u64),
    /// Its host is so from now on.
    Host(Host),
    /// Its host has no room to start it any more, or has it again.
    HostFull(bool),
}

/// It cannot happen, for there is no such machine, or it is not in that state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNow;

impl fmt::Display for NotNow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("there is no such machine, or it is not in the state for it")
    }
}

impl std::error::Error for NotNow {}

/// A machine as it is, without any lag.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "each is the word that Fly has for it")]
pub struct View {
    pub id: String,
    pub app: String,
    pub name: String,
    pub region: String,
    pub state: State,
    pub cordoned: bool,
    pub instance_id: String,
    pub digest: String,
    pub config: Value,
    /// Those that were looked at: name, and whether it passes.
    pub checks: Vec<Value>,
    pub host: Host,
    /// Until when it is leased.
    #[serde(with = "time::serde::rfc3339::option")]
    pub leased_until: Option<OffsetDateTime>,
    /// What the lease is for.
    pub lease_description: Option<String>,
    /// How often it was started, by whomever.
    pub boots: u64,
    /// How often by its policy, since somebody did it.
    pub restarts: u64,
    /// The version of the app's secrets that it was last started with.
    pub secrets_version: u64,
    /// The stop that is under way.
    pub stop: Option<Stop>,
    pub load: u64,
    /// Whether the proxies would send requests to it, knew they what is so now.
    pub routable: bool,
}

impl Fly {
    /// Says what machines do from now on; what is under way stays so.
    pub fn behave(&mut self, whose: Whose, behaviour: Behaviour) {
        self.behaviours.0.insert(whose, behaviour);
    }

    /// Plans something that goes wrong.
    pub fn plan(&mut self, fault: Fault) {
        self.plan.add(fault);
    }

    /// Plans nothing any more.
    pub fn clear_plan(&mut self) {
        self.plan.clear();
    }

    /// How many calls have gone wrong by plan.
    pub fn befallen(&self) -> u64 {
        self.plan.befallen()
    }

    /// How Fly itself behaves.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Has it behave so from now on.
    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Something happens to a machine, by id or name.
    ///
    /// # Errors
    /// [`NotNow`], and nothing has changed.
    pub fn happen(&mut self, now: OffsetDateTime, machine: &str, happening: &Happening) -> Result<(), NotNow> {
        let now = self.advance(now);
        let living = self.machines.values().filter(|other| other.state != State::Destroyed);
        let id = living.into_iter().find(|other| other.names().contains(&machine)).ok_or(NotNow)?.id.clone();
        self.befall(now, &id, happening)?;
        self.publish(now, &id);
        Ok(())
    }

    fn befall(&mut self, now: OffsetDateTime, id: &str, happening: &Happening) -> Result<(), NotNow> {
        use State::{Created, Replacing, Restarting, Started, Starting, Stopping};
        let (machine, mut around) = self.with(id).map_err(|_| NotNow)?;
        let due = match (happening, machine.state) {
            (Happening::LaidOut, Created | Replacing) => Due::LaidOut,
            (Happening::Booted, Starting | Restarting) => Due::Booted,
            (Happening::Exited { code, oom }, Starting | Started | Restarting | Stopping) => {
                Due::Exits { code: *code, signal: None, oom: *oom }
            }
            (Happening::Checked { check, passing }, Started) => {
                let output = if *passing { "Success" } else { "told by hand" };
                return if machine.checked(now, check, *passing, output) { Ok(()) } else { Err(NotNow) };
            }
            (Happening::Load(load), _) => {
                machine.load = *load;
                return Ok(());
            }
            (Happening::HostFull(full), _) => {
                machine.host_full = *full;
                return Ok(());
            }
            (Happening::Host(host), _) => return self.host(id, *host).map_err(|_| NotNow),
            _ => return Err(NotNow),
        };
        machine.happen(now, due, &mut around);
        Ok(())
    }

    /// All machines as they are, also those that are gone and still shown.
    pub fn machines(&self) -> impl Iterator<Item = View> {
        self.machines.values().map(|machine| machine.view(self.now))
    }

    /// The whole state, for a person or a test.
    pub fn state(&self) -> Value {
        json!({
            "now": crate::refusal::stamp(self.now),
            "apps": self.apps.keys().collect::<Vec<_>>(),
            "machines": self.machines().collect::<Vec<_>>(),
            "releases": self.apps.iter().map(|(name, app)| (name, app.releases.iter().map(|it| it.node()).collect()))
                .collect::<std::collections::BTreeMap<_, Vec<_>>>(),
            "calls": self.calls,
            "plan": self.plan,
            "hanging": self.held.len(),
            "landing_later": self.late.len(),
            "settings": self.settings,
        })
    }
}

impl Machine {
    fn view(&self, now: OffsetDateTime) -> View {
        let lease = self.lease(now);
        View {
            id: self.id.clone(),
            app: self.app.clone(),
            name: self.name.clone(),
            region: self.region.clone(),
            state: self.state,
            cordoned: self.cordoned,
            instance_id: self.instance.clone(),
            digest: self.image.digest.clone(),
            config: self.config.clone(),
            checks: self.checks.iter().filter_map(|check| check.shape()).collect(),
            host: self.host,
            leased_until: lease.map(|lease| lease.until),
            lease_description: lease.map(|lease| lease.description.clone()),
            boots: self.boots,
            restarts: self.restarts,
            secrets_version: self.secrets,
            stop: self.stop.clone(),
            load: self.load,
            routable: self.routable(),
        }
    }
}
