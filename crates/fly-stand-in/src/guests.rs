//! Real processes for machines: each is started, signalled and ended as Fly says, and what comes of it is told to Fly.
//!
//! Fly decides and this obeys, one turn after the other. Nothing here knows what a deploy is.

mod environment;
mod front;
mod living;
mod look;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use testbed::haproxy::PLACES;
use testbed::loopback::Loopback;
use tokio::time::MissedTickBehavior;

pub(crate) use front::Fronts;
use living::Living;

use crate::behaviour::{Behaviour, Whose};
use crate::fly::Wanted;
use crate::machine::State;
use crate::programs::Program;
use crate::shared::Shared;
use crate::site::Error;

/// How often Fly is asked what is to be: short against the shortest lag that anybody scales down to.
const TURN: Duration = Duration::from_millis(10);

/// What runs for a machine.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Guest {
    /// The machine's id.
    pub machine: String,
    /// The machine's name.
    pub name: String,
    /// The app's.
    pub app: String,
    /// Its own address, where it has every port for itself.
    pub address: IpAddr,
    /// The process that runs now, if any does.
    pub pid: Option<u32>,
    /// How often one was started.
    pub boots: u64,
    /// What it wrote, each process after the last.
    pub log: PathBuf,
}

/// All processes, and the programs that they may be of.
pub(crate) struct Guests {
    fly: Arc<Shared>,
    scale: f64,
    folder: PathBuf,
    _temporary: Option<TempDir>,
    loopback: Loopback,
    client: reqwest::Client,
    programs: Mutex<BTreeMap<String, Program>>,
    table: Mutex<Table>,
}

struct Table {
    living: BTreeMap<String, Living>,
    /// Places that nobody has, the one that was left first in front.
    free: VecDeque<u8>,
}

impl Guests {
    /// Nobody yet.
    pub(crate) fn new(fly: Arc<Shared>, scale: f64, folder: Option<PathBuf>) -> Result<Self, Error> {
        let temporary = match folder {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("fly-stand-in-").tempdir_in("/var/tmp")?),
        };
        let folder = folder.or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
        Ok(Self {
            fly,
            scale,
            folder,
            _temporary: temporary,
            loopback: Loopback::take(),
            client: look::client()?,
            programs: Mutex::default(),
            table: Mutex::new(Table { living: BTreeMap::new(), free: (1..=PLACES).collect() }),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// From now on there is this image, too.
    pub(crate) fn program(&self, program: Program) {
        let scaled = |time: Option<Duration>| time.map(|time| time.mul_f64(self.scale));
        let Behaviour { lays_out, boots, .. } = Behaviour::default();
        let behaviour = Behaviour { lays_out: scaled(lays_out), boots: scaled(boots), ..Behaviour::told() };
        self.fly.with(|fly, _| fly.behave(Whose::Image(program.image.clone()), behaviour));
        self.programs.lock().expect("nobody panics under it").insert(program.image.clone(), program);
    }

    /// What runs for each machine.
    pub(crate) fn guests(&self) -> Vec<Guest> {
        self.table().living.iter().map(|(id, living)| living.guest(id)).collect()
    }

    /// Sends a signal to the process of a machine, by id or name; false where none runs.
    pub(crate) fn signal(&self, machine: &str, signal: Signal) -> bool {
        let table = self.table();
        let mut named = table.living.iter().filter(|(id, living)| *id == machine || living.is_called(machine));
        named.any(|(_, living)| living.signal(signal))
    }

    /// Where a machine is met: its place, and its address.
    pub(crate) fn at(&self, machine: &str) -> Option<(u8, SocketAddr)> {
        self.table().living.get(machine)?.at()
    }

    /// Nothing runs any more.
    pub(crate) fn end(&self) {
        self.table().living.clear();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nobody panics under it")
    }

    /// The program that stands for the first of these names.
    fn program_of(&self, images: &[String]) -> Option<Program> {
        let programs = self.programs.lock().expect("nobody panics under it");
        images.iter().find_map(|image| programs.get(image)).cloned()
    }

    /// Has everything be as Fly wants it.
    fn turn(&self) -> Result<(), Error> {
        let wanted = self.fly.with(|fly, _| fly.wanted());
        let mut table = self.table();
        let gone = |id: &String| !wanted.iter().any(|machine| machine.id == *id);
        let gone: Vec<String> = table.living.keys().filter(|id| gone(id)).cloned().collect();
        for id in gone {
            let place = table.living.remove(&id).map(|living| living.place);
            table.free.extend(place);
        }
        for machine in wanted {
            let Some(program) = self.program_of(&machine.images) else { continue };
            if !table.living.contains_key(&machine.id) {
                let living = self.born(&machine, &mut table.free)?;
                table.living.insert(machine.id.clone(), living);
            }
            if let Some(living) = table.living.get_mut(&machine.id) {
                living.port = machine.port;
                self.step(living, &machine, &program);
            }
        }
        Ok(())
    }

    fn born(&self, machine: &Wanted, free: &mut VecDeque<u8>) -> Result<Living, Error> {
        let place = free.pop_front().ok_or_else(|| Error::Refused(format!("more than {PLACES} machines")))?;
        let folder = self.folder.join(&machine.app);
        std::fs::create_dir_all(&folder)?;
        let log = folder.join(format!("{}-{}.log", machine.name, machine.id));
        Ok(Living::new(place, self.loopback.address(place), machine, log))
    }

    fn step(&self, living: &mut Living, machine: &Wanted, program: &Program) {
        use State::{Created, Destroyed, Destroying, Replacing, Restarting, Started, Starting, Stopped};
        let ended = match machine.state {
            // What wakes from its sleep is thawed once it has started.
            Starting | Restarting => None,
            Created | Replacing | Stopped | Destroying | Destroyed => {
                living.kill();
                None
            }
            State::Suspending | State::Suspended => {
                living.freeze();
                None
            }
            Started => {
                if living.is_behind(machine) {
                    self.boot(living, machine, program);
                }
                living.ended()
            }
            State::Stopping => {
                if let Some(stop) = &machine.stop {
                    living.stop(stop);
                }
                living.ended()
            }
        };
        if let Some((code, signal)) = ended {
            self.fly.with(|fly, now| fly.exited(now, &machine.id, machine.boots, code, signal));
        }
    }

    fn boot(&self, living: &mut Living, machine: &Wanted, program: &Program) {
        let Some(told) = self.fly.with(|fly, _| fly.told(&machine.id)) else { return };
        if !living.thaw(machine) {
            living.start(machine, program, &told);
        }
        living.look_at(machine, &told.config, &self.fly, &self.client);
    }
}

/// Runs machines and what stands before them, until something fails.
pub(crate) async fn drive(guests: &Guests, fronts: &mut Fronts) -> Error {
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(error) = guests.turn().and_then(|()| fronts.turn(guests)) {
            return error;
        }
    }
}
