//! Does a step: the calls.

use std::collections::BTreeMap;

use serde_json::json;

use super::checks::kill_timeout;
use super::memory::Voids;
use super::{Asked, Proxy, Record, Records, course::Course};
use crate::machines::{
    Config, Error, HostStatus, Machine, MachineId, MetadataKey, NewMachine, On, Signal, State, Transport,
};
use crate::ship::{Create, Mark, Release, ReleaseKey, Why, keys, machine_name};

/// The keys that flyctl shows a release by.
pub(super) const RECORD: [&str; 2] = ["fly_release_id", "fly_release_version"];

/// A call that a step makes of a machine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Start,
    Cordon,
    Uncordon,
    Stop,
    Destroy,
}

impl<T: Transport, P: Proxy, R: Records> Course<'_, '_, T, P, R> {
    /// One call to one machine, under its lease where it has one.
    pub(super) async fn act(&mut self, act: Act, machine: &Machine) -> Result<(), Error> {
        let (id, lease) = (&machine.id, self.leases.of(&machine.id));
        let on = lease.as_ref().map_or(On::Free(id), On::Leased);
        let ill = machine.host_status != HostStatus::Ok;
        let idle = matches!(machine.state, State::Stopped | State::Suspended);
        let voids = match act {
            Act::Start => Voids::Start,
            Act::Cordon => Voids::Cordon(id),
            Act::Uncordon => Voids::Uncordon(id),
            Act::Stop => Voids::Stop(id),
            Act::Destroy => Voids::Destroy { machine: id, tried: ill || !(idle || machine.state == State::Started) },
        };
        self.memory.voids(voids);
        let machines = self.deployer.machines;
        let done = match act {
            Act::Start => machines.start(on).await,
            Act::Cordon => machines.cordon(on).await,
            Act::Uncordon => machines.uncordon(on).await,
            Act::Stop => {
                let timeout = kill_timeout(machine).unwrap_or(self.deployer.times.kill);
                machines.stop(on, Signal::Term, timeout).await
            }
            // One that stopped and was started again by somebody is not killed.
            Act::Destroy => machines.destroy(on, !idle).await,
        };
        self.memory.called(voids, tokio::time::Instant::now());
        match act {
            Act::Destroy if done.is_ok() => self.leases.drop(id),
            Act::Start if done.is_ok() => self.memory.started(id),
            _ => {}
        }
        done
    }

    /// Writes it down.
    pub(super) async fn mark(&mut self, machine: &MachineId, mark: Mark, fleet: &[Machine]) -> Result<(), Error> {
        let (key, value) = self.written(mark, fleet);
        self.memory.voids(Voids::Mark);
        // Ours, each of letters and a line.
        let Ok(key) = key.parse::<MetadataKey>() else { return Ok(()) };
        self.deployer.machines.set_metadata(machine, &key, &value).await
    }

    fn written(&self, mark: Mark, fleet: &[Machine]) -> (&'static str, String) {
        match mark {
            Mark::Passed => (keys::PASSED, self.run.to_string()),
            Mark::Rested => (keys::RESTED, self.run.to_string()),
            Mark::Failed(why) => (keys::FAILED, why.as_str().to_owned()),
            Mark::Refused(at) => {
                let commit = fleet.get(at).and_then(|machine| machine.metadata(keys::COMMIT));
                (keys::REFUSED, commit.unwrap_or_default().to_owned())
            }
        }
    }

    /// Makes a machine.
    pub(super) async fn create(
        &mut self,
        asked: &Asked,
        release: &Release,
        create: Create,
        fleet: &[Machine],
    ) -> Result<(), Error> {
        let id = create.colour.unwrap_or_else(|| self.colour(fleet));
        // Both were tried before the run began.
        let (Ok(name), Some(digest)) =
            (machine_name(&self.deployer.machines.app, id, create.place), asked.image.short())
        else {
            return Ok(());
        };
        let key = ReleaseKey { id, fingerprint: release.fingerprint, digest };
        let sibling = fleet.iter().find(|machine| machine.metadata(keys::RELEASE) == Some(&key.to_string()));
        let mut metadata = keys::at_birth(key, &asked.commit, create.plan);
        metadata.extend(recorded(sibling, self.record.as_ref()));
        metadata.extend(asked.leaves.iter().map(|commit| (keys::REFUSED.to_owned(), commit.clone())));
        let beside = create.beside.and_then(|at| fleet.get(at));
        let new = NewMachine {
            name,
            region: beside.map_or_else(|| asked.region.clone(), |machine| machine.region.clone()),
            config: config(asked, metadata),
            skip_launch: !create.launch,
            cordoned: true,
        };
        self.memory.voids(Voids::Create);
        let made = self.deployer.machines.create(&new).await;
        if let Ok(id) = &made {
            self.memory.made(id);
            self.reader.made(id.clone());
        }
        made.map(|_| ())
    }
}

/// What names the release record: that of the colour, if it has one already, since a create is known again by its metadata.
fn recorded(sibling: Option<&Machine>, record: Option<&Record>) -> BTreeMap<String, String> {
    let of = |key: &str| match (sibling, record) {
        (Some(sibling), _) => sibling.metadata(key).map(str::to_owned),
        (None, Some(record)) if key == RECORD[0] => Some(record.id.clone()),
        (None, Some(record)) => Some(record.version.to_string()),
        (None, None) => None,
    };
    RECORD.into_iter().filter_map(|key| Some((key.to_owned(), of(key)?))).collect()
}

fn config(asked: &Asked, metadata: BTreeMap<String, String>) -> Config {
    let mut config = asked.config.clone();
    config.image = asked.image.as_str().to_owned();
    config.metadata.extend(metadata);
    // A configuration is always JSON.
    Config::new(serde_json::to_value(&config).unwrap_or_else(|_| json!({})))
}

/// The word for it.
pub(super) fn says(mark: Mark, fleet: &[Machine]) -> String {
    let commit = |at: usize| fleet.get(at).and_then(|machine| machine.metadata(keys::COMMIT)).unwrap_or("unknown");
    match mark {
        Mark::Passed => "passed".to_owned(),
        Mark::Rested => "rested".to_owned(),
        Mark::Failed(why) => format!("failed: {}", why.as_str()),
        Mark::Refused(at) => format!("refused {}", commit(at)),
    }
}

/// Why it failed, in words.
pub(super) fn because(why: Why) -> &'static str {
    match why {
        Why::Faulty => "it showed a fault that the other colour did not",
        Why::Late => "a step did not come to its end in time",
        Why::Interrupted => "somebody took it back",
        Why::Abandoned => "the run that began it died before its verdict",
    }
}
