//! Making machines. The API has no key that makes a create repeatable, but a name that only one living machine may have:
//! so a create whose answer got lost is looked up by its name, and one that is sent twice finds the first one's machine.

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::client::Ask;
use super::transport::Transport;
use super::{Call, Config, Error, Machine, MachineId, MachineName, Machines, Meaning, Region};

/// How often a create is sent whose outcome stays unknown. Each is looked up before the next.
const TRIES: usize = 3;

/// A machine to be made.
#[derive(Clone, Debug)]
pub struct NewMachine {
    /// A name that is never used twice. It makes the create repeatable.
    pub name: MachineName,
    /// Where.
    pub region: Region,
    /// What it runs. Its metadata say whose it is: see [`NewMachine::is`].
    pub config: Config,
    /// Whether its image is only laid out, and nothing started.
    pub skip_launch: bool,
    /// Whether it is kept from connections from its birth on (`skip_service_registration`).
    pub cordoned: bool,
}

impl NewMachine {
    /// Whether that machine is this one, made before: it has its name and all the metadata that it was to be made with,
    /// and there were some. What was added since does not matter.
    #[must_use]
    pub fn is(&self, machine: &Machine) -> bool {
        let wanted = self.config.all_metadata();
        let has_all = wanted.iter().all(|(key, value)| machine.metadata(key) == Some(value));
        machine.name == self.name.as_str() && !wanted.is_empty() && has_all
    }

    fn ask(&self) -> Ask<'static> {
        Ask::app(Call::Create).body(json!({
            "name": self.name,
            "region": self.region,
            "config": self.config,
            "skip_launch": self.skip_launch,
            "skip_service_registration": self.cordoned,
            // As flyctl always sends it.
            "skip_secrets": false,
        }))
    }
}

/// All that is relied on; whoever wants more looks at the machine.
#[derive(Deserialize)]
struct Made {
    id: MachineId,
}

impl<T: Transport> Machines<T> {
    /// Makes a machine, or finds the one that an earlier call for the same made.
    ///
    /// # Errors
    /// [`Meaning::NameTaken`] when a machine has the name and is not this one; [`Meaning::Unknown`] when it stayed unknown
    /// after three tries: then it may still come. All others: it was not made.
    pub async fn create(&self, new: &NewMachine) -> Result<MachineId, Error> {
        let mut unknown = None;
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.ask::<Made>(new.ask()).await {
                Ok(made) => return Ok(made.value.id),
                Err(error) => error,
            };
            match &error.meaning {
                Meaning::NameTaken(id) => return self.taken(new, id.clone(), error).await,
                Meaning::Unknown(_) => {}
                Meaning::Unreadable(_) => return Err(error),
                // A refusal of this one says nothing of one before it.
                _ => return Err(unknown.unwrap_or(error)),
            }
            // One look, which may come too early: then the name holds, and the next create finds whom it belongs to.
            match looked(self.named(&new.name).await)? {
                Some(machine) => return ours(new, &machine, error),
                None if tries == TRIES => return Err(error),
                None => unknown = Some(error),
            }
        }
    }

    /// The living machine of this name, if the list has it: a list lags behind, so that none is no proof.
    ///
    /// # Errors
    /// What came in between.
    pub async fn named(&self, name: &MachineName) -> Result<Option<Machine>, Error> {
        let mut machines = self.list().await?.into_iter();
        Ok(machines.find(|machine| machine.name == name.as_str() && !machine.state.is_gone()))
    }

    /// The machine that has the name: by its id where Fly told it, else by the list, for as long as both may lag.
    async fn taken(&self, new: &NewMachine, id: Option<MachineId>, error: Error) -> Result<MachineId, Error> {
        let deadline = Instant::now() + self.limits.lag;
        loop {
            let found = match &id {
                Some(id) => self.found(id).await,
                None => self.named(&new.name).await,
            };
            match looked(found)? {
                Some(machine) => return ours(new, &machine, error),
                None if Instant::now() >= deadline => return Err(error),
                None => {}
            }
        }
    }
}

/// A look that brought no answer is one that found nothing; one that cannot be read stops all.
fn looked(found: Result<Option<Machine>, Error>) -> Result<Option<Machine>, Error> {
    match found {
        Err(error) if !matches!(error.meaning, Meaning::Unreadable(_)) => Ok(None),
        other => other,
    }
}

fn ours(new: &NewMachine, machine: &Machine, error: Error) -> Result<MachineId, Error> {
    if new.is(machine) {
        return Ok(machine.id.clone());
    }
    Err(error.with(Meaning::NameTaken(Some(machine.id.clone()))))
}
