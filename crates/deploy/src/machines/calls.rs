//! The calls that are one call each.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::client::Ask;
use super::read::empty_if_null;
use super::transport::Transport;
use super::{Call, Error, Machine, MachineId, Machines, Meaning, MetadataKey, On};

/// The app, as far as it is looked at. Its status is left: of an app that was only ever deployed over this API it says
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub organization: Organization,
    /// How many machines it has, as Fly counts them: a list once came back empty for apps that had some.
    #[serde(default)]
    pub machine_count: Option<u64>,
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Organization {
    /// Its name in addresses.
    pub slug: String,
}

/// A secret of the app: what it is called, and which value it has, without the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct SecretDigest {
    /// Its name.
    pub name: String,
    /// Another one for another value.
    pub digest: String,
}

#[derive(Deserialize)]
struct Secrets {
    #[serde(default, deserialize_with = "empty_if_null")]
    secrets: Vec<SecretDigest>,
}

/// The signals that Fly sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Int,
    /// SIGTERM.
    Term,
    /// SIGKILL.
    Kill,
}

impl Signal {
    fn as_str(self) -> &'static str {
        match self {
            Self::Int => "SIGINT",
            Self::Term => "SIGTERM",
            Self::Kill => "SIGKILL",
        }
    }
}

impl<T: Transport> Machines<T> {
    /// The app: also the cheapest way to learn whether the token is one for it.
    ///
    /// # Errors
    /// [`Meaning::Unauthorized`], [`Meaning::Forbidden`], [`Meaning::NotFound`], or what else came in between.
    pub async fn app(&self) -> Result<App, Error> {
        Ok(self.ask(Ask::app(Call::App)).await?.value)
    }

    /// The digests of the app's secrets, sorted: one that changed makes another release of the same image.
    ///
    /// # Errors
    /// What came in between.
    pub async fn secrets(&self) -> Result<Vec<SecretDigest>, Error> {
        let Secrets { mut secrets } = self.ask(Ask::app(Call::Secrets)).await?.value;
        secrets.sort();
        Ok(secrets)
    }

    /// All machines, as a copy of Fly's own store has them: it can lag behind, so a machine that is not in it may be
    /// there: whoever knows of it asks for it by its id.
    ///
    /// # Errors
    /// What came in between.
    pub async fn list(&self) -> Result<Vec<Machine>, Error> {
        Ok(self.ask(Ask::app(Call::List)).await?.value)
    }

    /// One machine. One that was destroyed is shown for a time.
    ///
    /// # Errors
    /// [`Meaning::NotFound`], for a time also for one that was just made; or what else came in between.
    pub async fn get(&self, machine: &MachineId) -> Result<Machine, Error> {
        Ok(self.ask(Ask::machine(Call::Get, machine.into())).await?.value)
    }

    /// One machine, if it is there.
    pub(crate) async fn found(&self, machine: &MachineId) -> Result<Option<Machine>, Error> {
        match self.get(machine).await {
            Ok(machine) => Ok(Some(machine).filter(|machine| !machine.state.is_gone())),
            Err(error) if matches!(error.meaning, Meaning::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts a machine. It is refused for some seconds after a create and just after a stop.
    ///
    /// # Errors
    /// [`Meaning::WrongState`] (of a started machine, too), [`Meaning::HostFull`], or what else came in between.
    pub async fn start<'a>(&self, on: impl Into<On<'a>>) -> Result<(), Error> {
        self.tell(Ask::machine(Call::Start, on.into())).await
    }

    /// Has a machine stopped: the signal, and after `timeout` SIGKILL. The answer comes at once, not when it is stopped.
    ///
    /// # Errors
    /// What came in between. Where another holds the lease it may not be refused but hang: then its outcome is unknown.
    pub async fn stop<'a>(&self, on: impl Into<On<'a>>, signal: Signal, timeout: Duration) -> Result<(), Error> {
        // Durations are texts: a number is read as nanoseconds.
        let body = json!({ "signal": signal.as_str(), "timeout": format!("{}ms", timeout.as_millis()) });
        self.tell(Ask::machine(Call::Stop, on.into()).body(body)).await
    }

    /// Removes a machine; one that is gone already is as good. With `force` also one that runs, which is killed.
    ///
    /// # Errors
    /// [`Meaning::WrongState`] for one that runs, without force; or what else came in between, see [`Machines::stop`].
    pub async fn destroy<'a>(&self, on: impl Into<On<'a>>, force: bool) -> Result<(), Error> {
        let tail = if force { "?force=true" } else { "" };
        match self.tell(Ask::machine(Call::Destroy, on.into()).tail(tail.to_owned())).await {
            Err(error) if matches!(error.meaning, Meaning::NotFound(_)) => Ok(()),
            other => other,
        }
    }

    /// Keeps new connections from a machine. Those that it has go on, and the proxies take some seconds to know.
    ///
    /// # Errors
    /// What came in between.
    pub async fn cordon<'a>(&self, on: impl Into<On<'a>>) -> Result<(), Error> {
        self.tell(Ask::machine(Call::Cordon, on.into())).await
    }

    /// Lets new connections to a machine. The proxies take some seconds to know.
    ///
    /// # Errors
    /// What came in between.
    pub async fn uncordon<'a>(&self, on: impl Into<On<'a>>) -> Result<(), Error> {
        self.tell(Ask::machine(Call::Uncordon, on.into())).await
    }

    /// A machine's metadata, from its host, not from the list's copy.
    ///
    /// # Errors
    /// What came in between.
    pub async fn metadata(&self, machine: &MachineId) -> Result<BTreeMap<String, String>, Error> {
        Ok(self.ask(Ask::machine(Call::Metadata, machine.into())).await?.value)
    }

    /// Sets one value of a machine's metadata. It restarts nothing, and no lease hinders it.
    ///
    /// # Errors
    /// What came in between.
    pub async fn set_metadata(&self, machine: &MachineId, key: &MetadataKey, value: &str) -> Result<(), Error> {
        let ask = Ask::machine(Call::SetMetadata, machine.into()).tail(format!("/{key}"));
        self.tell(ask.body(json!({ "value": value }))).await
    }
}
