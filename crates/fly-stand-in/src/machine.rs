//! A machine: what it is, and how an answer shows it. What happens to it is in `life`.

pub(crate) mod life;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::config::{Configured, Image, has_services};
use crate::ids::millis;
use crate::lagging::Lagging;
use crate::lease::Lease;
use crate::refusal::stamp;

/// Where a machine stands, in Fly's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the word that Fly has for it")]
pub enum State {
    Created,
    Starting,
    Started,
    Stopping,
    Stopped,
    Suspending,
    Suspended,
    Restarting,
    Replacing,
    Destroying,
    Destroyed,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Starting => "starting",
            Self::Started => "started",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Suspending => "suspending",
            Self::Suspended => "suspended",
            Self::Restarting => "restarting",
            Self::Replacing => "replacing",
            Self::Destroying => "destroying",
            Self::Destroyed => "destroyed",
        }
    }

    /// Whether nothing runs, and nothing is on its way.
    pub(crate) fn is_idle(self) -> bool {
        matches!(self, Self::Stopped | Self::Suspended)
    }
}

/// How a machine's host is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// Well.
    #[default]
    Ok,
    /// Out of reach: the machine's configuration is not known, and what needs the host is answered 408.
    Unreachable,
    /// The same, with what is known of the configuration.
    Unknown,
}

/// What happened to a machine.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    id: String,
    kind: &'static str,
    status: State,
    source: &'static str,
    at: OffsetDateTime,
    request: Option<Value>,
}

/// A check of a running machine, and what it was last seen to say.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) configured: Configured,
    told: Option<Told>,
}

#[derive(Clone, Debug)]
struct Told {
    passing: bool,
    output: String,
    since: OffsetDateTime,
}

/// A stop that is under way.
#[derive(Clone, Debug, Serialize)]
pub struct Stop {
    /// The signal that was sent.
    pub signal: String,
    /// When it is killed.
    #[serde(with = "time::serde::rfc3339")]
    pub deadline: OffsetDateTime,
}

#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) id: String,
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) number: u64,
    pub(crate) instance: String,
    pub(crate) image: Image,
    pub(crate) config: Value,
    pub(crate) skip_launch: bool,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    pub(crate) state: State,
    /// Since when it has been in that state.
    pub(crate) since: OffsetDateTime,
    pub(crate) cordoned: bool,
    pub(crate) host: Host,
    pub(crate) host_full: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) checks: Vec<Check>,
    pub(crate) lease: Option<Lease>,
    /// How often it was started, by whomever.
    pub(crate) boots: u64,
    /// How often by its policy, since somebody did it.
    pub(crate) restarts: u64,
    /// The version of the app's secrets that it was last started with, and the app's own.
    pub(crate) secrets: u64,
    pub(crate) stored_secrets: u64,
    pub(crate) stop: Option<Stop>,
    /// What it has to do, as the proxies count it.
    pub(crate) load: u64,
    /// What comes next by itself; a change of state voids it.
    pub(crate) dues: Vec<(OffsetDateTime, life::Due)>,
    pub(crate) shown: Lagging<Value>,
    pub(crate) routed: Lagging<bool>,
}

impl Machine {
    /// Its own names.
    pub(crate) fn names(&self) -> [&str; 2] {
        [&self.id, &self.name]
    }

    /// Its image's names.
    pub(crate) fn image_names(&self) -> [&str; 3] {
        [self.config["image"].as_str().unwrap_or_default(), &self.image.digest, &self.image.tag]
    }

    /// Whether the proxies would send requests to it, knew they what is so now.
    pub(crate) fn routable(&self) -> bool {
        let passing = |check: &Check| check.told.as_ref().is_some_and(|told| told.passing);
        let checked = self.checks.iter().filter(|check| check.configured.routes).all(passing);
        let open = self.state == State::Started && !self.cordoned && self.host == Host::Ok;
        open && checked && has_services(&self.config)
    }

    /// The newest event's id: what a wait answers.
    pub(crate) fn last_event(&self) -> &str {
        self.events.first().map(|event| event.id.as_str()).unwrap_or_default()
    }

    /// As an answer has it.
    pub(crate) fn shape(&self) -> Value {
        let mut shape = json!({
            "id": self.id,
            "name": self.name,
            "state": self.state.word(),
            "region": self.region,
            "image_ref": self.image,
            "instance_id": self.instance,
            "private_ip": format!("fdaa:0:47:a7b:0:0:0:{:x}", self.number),
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
            "config": self.config,
            "events": self.event_shapes(20),
            "checks": self.checks.iter().filter_map(Check::shape).collect::<Vec<_>>(),
            "host_status": self.host,
            "cordoned": self.cordoned,
        });
        if self.host != Host::Ok {
            let config = shape["config"].take();
            shape["image_ref"] = json!({});
            shape["checks"] = json!([]);
            if self.host == Host::Unknown {
                shape["incomplete_config"] = config;
            }
        }
        shape
    }

    /// The newest events, newest first.
    pub(crate) fn event_shapes(&self, limit: usize) -> Vec<Value> {
        self.events.iter().take(limit).map(Event::shape).collect()
    }
}

impl Event {
    fn shape(&self) -> Value {
        let Self { id, kind, status, source, at, request } = self;
        let status = status.word();
        let mut shape = json!({ "id": id, "type": kind, "status": status, "source": source, "timestamp": millis(*at) });
        if let Some(request) = request {
            shape["request"] = request.clone();
        }
        shape
    }
}

impl Check {
    /// Not there before its first look.
    pub(crate) fn shape(&self) -> Option<Value> {
        let Told { passing, output, since } = self.told.as_ref()?;
        let status = if *passing { "passing" } else { "critical" };
        Some(json!({ "name": self.configured.name, "status": status, "output": output, "updated_at": stamp(*since) }))
    }
}
