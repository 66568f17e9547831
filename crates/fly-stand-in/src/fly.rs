//! Fly: everything that decides. The time is given to each call, nothing waits, nothing is read or written, and what looks
//! like chance comes from a seed.

mod app;
mod control;
mod create;
mod graph;
mod guest;
mod look;
mod passing;
mod proxy;
mod release;
mod say;
mod wait;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::act::{Act, Call, Request};
use crate::answer::{Answer, Later, Reply};
use crate::behaviour::Behaviours;
use crate::fault::{Fault, Instead, Lands, Plan};
use crate::ids::Ids;
use crate::machine::life::Around;
use crate::machine::{Host, Machine, State};
use crate::rate::Rates;
use crate::refusal::Refusal;
use crate::settings::Settings;
use app::App;
pub use control::{Happening, NotNow, View};
pub(crate) use guest::{Told, Wanted};
pub(crate) use wait::Waiting;

/// A call that was done: status and body.
pub(crate) type Ended = (u16, Value);

/// Fly, with its apps and machines.
#[derive(Clone, Debug)]
pub struct Fly {
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    behaviours: Behaviours,
    plan: Plan,
    rates: Rates,
    apps: BTreeMap<String, App>,
    machines: BTreeMap<String, Machine>,
    made: u64,
    now: OffsetDateTime,
    autostop_at: Option<OffsetDateTime>,
    /// Calls that land later than they were answered.
    late: Vec<(OffsetDateTime, Call)>,
    /// Calls that hang until a lease ends, by their tickets; and what came of those that do not hang any more.
    held: BTreeMap<u64, Call>,
    freed: BTreeMap<u64, Ended>,
    tickets: u64,
    calls: BTreeMap<Act, u64>,
}

/// What comes of a call that was let through.
enum Outcome {
    Ended(Ended),
    Waits(Waiting),
    /// It hangs until the machine's lease ends.
    Held,
}

impl Fly {
    /// Without apps, at this time. The same seed makes the same ids.
    pub fn new(seed: u64, settings: Settings, now: OffsetDateTime) -> Self {
        Self {
            settings,
            ids: Ids::new(seed),
            behaviours: Behaviours::default(),
            plan: Plan::default(),
            rates: Rates::default(),
            apps: BTreeMap::new(),
            machines: BTreeMap::new(),
            made: 0,
            now,
            autostop_at: None,
            late: Vec::new(),
            held: BTreeMap::new(),
            freed: BTreeMap::new(),
            tickets: 0,
            calls: BTreeMap::new(),
        }
    }

    /// A call comes.
    pub fn call(&mut self, now: OffsetDateTime, request: &Request) -> Reply {
        let now = self.advance(now);
        let request_id = self.request_id();
        let ended = |(status, body)| Reply::Answered(Answer::new(&request_id, status, &body));
        let call = match Call::read(request) {
            Ok(call) => call,
            Err(refusal) => return ended((refusal.status, refusal.body)),
        };
        *self.calls.entry(call.act).or_default() += 1;
        if !self.in_pace(now, &call) {
            let Refusal { status, body } = Refusal::too_many();
            return ended((status, body));
        }
        if let Some(fault) = self.befalls(&call) {
            return self.fail(now, call, fault, &request_id);
        }
        match self.perform(now, &call) {
            Outcome::Ended(answer) => ended(answer),
            Outcome::Waits(waiting) => Reply::Later(Later::waits(request_id, waiting)),
            Outcome::Held => {
                self.tickets += 1;
                self.held.insert(self.tickets, call);
                Reply::Later(Later::held(request_id, self.tickets))
            }
        }
    }

    /// The answer to a call that was not answered at once, if it has one by now.
    pub fn settle(&mut self, now: OffsetDateTime, later: &Later) -> Option<Answer> {
        let now = self.advance(now);
        let (status, body) = match later.waiting() {
            Ok(waiting) => self.waited(now, waiting)?,
            Err(ticket) => self.freed.remove(&ticket)?,
        };
        Some(Answer::new(later.request_id(), status, &body))
    }

    /// What Fly's support asks for.
    pub(crate) fn request_id(&mut self) -> String {
        let region = self.settings.regions.first().cloned().unwrap_or_default();
        format!("{}-{region}", self.ids.ulid(self.now))
    }

    fn in_pace(&mut self, now: OffsetDateTime, call: &Call) -> bool {
        if call.act.is_central() {
            return true;
        }
        let rate = if call.act == Act::Get { self.settings.look_rate } else { self.settings.rate };
        let on = call.machine.as_ref().unwrap_or(&call.app);
        rate.is_none_or(|rate| self.rates.take(now, call.act, on, rate))
    }

    fn befalls(&mut self, call: &Call) -> Option<Fault> {
        let machine = call.machine.as_ref().and_then(|id| self.machines.get(id));
        let new = call.body.get("name").and_then(Value::as_str).into_iter();
        let names = machine.iter().flat_map(|machine| machine.names());
        let names: Vec<&str> = names.chain(new.filter(|_| call.act == Act::Create)).collect();
        self.plan.befalls(call.act, &names)
    }

    fn fail(&mut self, now: OffsetDateTime, call: Call, fault: Fault, request_id: &str) -> Reply {
        match fault.lands {
            Lands::Never => {}
            Lands::AtOnce => self.land(now, call),
            Lands::After(after) => self.late.push((now + after, call)),
        }
        match fault.answer {
            Instead::Hang => Reply::Hangs,
            Instead::Cut => Reply::Cut,
            Instead::Status { status, body, retry_after_s } => {
                let planned = json!({ "error": "stand-in: this was planned" }).to_string();
                let body = body.unwrap_or(planned);
                Reply::Answered(Answer { status, body, retry_after_s, request_id: request_id.to_owned() })
            }
        }
    }

    /// Does a call that nobody gets the answer to.
    fn land(&mut self, now: OffsetDateTime, call: Call) {
        if let Outcome::Held = self.perform(now, &call) {
            self.tickets += 1;
            self.held.insert(self.tickets, call);
        }
    }

    fn perform(&mut self, now: OffsetDateTime, call: &Call) -> Outcome {
        let done = match self.admit(now, call) {
            Err(refusal) => Err(refusal),
            Ok(false) => return Outcome::Held,
            Ok(true) if call.act == Act::Wait => match self.wait(now, call) {
                Ok(outcome) => return outcome,
                Err(refusal) => Err(refusal),
            },
            Ok(true) => self.act(now, call),
        };
        if let Some(id) = &call.machine {
            self.publish(now, id);
        }
        Outcome::Ended(done.unwrap_or_else(|Refusal { status, body }| (status, body)))
    }

    /// Whether it may be done; false, where it hangs.
    fn admit(&self, now: OffsetDateTime, call: &Call) -> Result<bool, Refusal> {
        // GraphQL says in an answer what there is not, and a release is found by its id.
        let names_no_app = matches!(call.act, Act::Organization | Act::MarkRelease | Act::Graph);
        if !names_no_app && !self.apps.contains_key(&call.app) {
            return Err(Refusal::no_app());
        }
        let Some(id) = &call.machine else { return Ok(true) };
        let machine = self.machines.get(id).filter(|machine| machine.app == call.app);
        let machine = machine.filter(|machine| machine.created + self.settings.get_lag <= now);
        let machine = machine.ok_or_else(Refusal::no_machine)?;
        let looks = matches!(call.act, Act::Get | Act::Wait | Act::Events);
        if machine.state == State::Destroyed && !looks {
            return Err(Refusal::no_machine());
        }
        let forced = call.act == Act::Destroy && forced(call);
        if machine.host != Host::Ok && call.act.needs_host() && !forced {
            return Err(Refusal::host_lost());
        }
        let kept = machine.kept_from(now, call.nonce.as_deref()).filter(|_| call.act.respects_lease());
        match kept {
            None => Ok(true),
            Some(_) if call.act.hangs() => Ok(false),
            Some(lease) => Err(Refusal::leased(id, lease)),
        }
    }

    fn act(&mut self, now: OffsetDateTime, call: &Call) -> Result<Ended, Refusal> {
        let id = call.machine.as_deref().unwrap_or_default();
        match call.act {
            Act::App => self.app_shape(call),
            Act::Secrets => self.secrets(call),
            Act::SetSecrets => self.set_secrets(now, call),
            Act::List => Ok(self.list(now, call)),
            Act::Create => self.create(now, call),
            Act::Update => self.update(now, call, id),
            Act::Get => Ok((200, self.machine_mut(id)?.shape())),
            Act::Events => self.events(call, id),
            Act::Metadata => self.metadata(id),
            Act::SetMetadata | Act::DropMetadata => self.set_metadata(call, id),
            Act::Lease => self.take_lease(now, call, id),
            Act::ReadLease => self.read_lease(now, id),
            Act::Release => self.release(now, call, id),
            Act::Start => self.start(now, id),
            Act::Stop => self.stop(now, call, id),
            Act::Suspend => self.suspend(now, id),
            Act::Destroy => self.destroy(now, call, id),
            Act::Cordon | Act::Uncordon => self.cordon(call, id),
            Act::Wait => Err(Refusal::not_kept("wait")),
            Act::Processes => self.processes(id),
            Act::Volumes => Ok((200, json!([]))),
            Act::Addresses => self.addresses(call),
            Act::NewAddress => self.new_address(now, call),
            Act::Organization => Ok(Self::organization()),
            Act::Build => Ok(Self::build(call, "started")),
            Act::FinishBuild => Ok(Self::build(call, "completed")),
            Act::NewRelease => self.new_release(now, call),
            Act::MarkRelease => self.mark_release(call),
            Act::Releases => self.releases(call),
            Act::CurrentRelease => self.current_release(call),
            Act::Graph => Ok(self.graph(call)),
        }
    }

    pub(crate) fn machine_mut(&mut self, id: &str) -> Result<&mut Machine, Refusal> {
        self.machines.get_mut(id).ok_or_else(Refusal::no_machine)
    }

    /// A machine, and what its steps need beside it.
    fn with(&mut self, id: &str) -> Result<(&mut Machine, Around<'_>), Refusal> {
        let machine = self.machines.get_mut(id).ok_or_else(Refusal::no_machine)?;
        let behaviour = self.behaviours.of(&machine.names(), &machine.image_names());
        Ok((machine, Around { behaviour, settings: &self.settings, ids: &mut self.ids }))
    }

    /// What others see later.
    fn publish(&mut self, now: OffsetDateTime, id: &str) {
        let Some(machine) = self.machines.get_mut(id) else { return };
        let (shape, routable) = (machine.shape(), machine.routable());
        machine.shown.put(now, shape, self.settings.list_lag);
        machine.routed.put(now, routable, self.settings.gossip);
    }
}

/// As Fly's documents, or as its own tools have it.
fn forced(call: &Call) -> bool {
    call.says("force") || call.says("kill")
}
