//! The calls that there are, and what each is done to.

use std::fmt;

use reqwest::Method;

use super::{Lease, MachineId};

/// A call of the API. Fly counts calls for each of these, on each machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// The app.
    App,
    /// The app's secrets: names and digests.
    Secrets,
    /// All machines.
    List,
    /// A new machine.
    Create,
    /// One machine.
    Get,
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Remove it.
    Destroy,
    /// Wait for a state of it.
    Wait,
    /// Keep it from new connections.
    Cordon,
    /// Let it have them.
    Uncordon,
    /// Its metadata.
    Metadata,
    /// One value of its metadata.
    SetMetadata,
    /// Who holds its lease.
    ReadLease,
    /// Take or keep its lease.
    Lease,
    /// Give its lease back.
    Release,
}

impl Call {
    pub(crate) fn method(self) -> Method {
        match self {
            Self::App | Self::Secrets | Self::List | Self::Get | Self::Wait | Self::Metadata | Self::ReadLease => {
                Method::GET
            }
            Self::Destroy | Self::Release => Method::DELETE,
            Self::Create | Self::Start | Self::Stop | Self::Cordon | Self::Uncordon => Method::POST,
            Self::SetMetadata | Self::Lease => Method::POST,
        }
    }

    /// Whether it changes something, so that one without an answer may have changed it.
    #[must_use]
    pub fn writes(self) -> bool {
        self.method() != Method::GET
    }

    /// What stands behind the app's, or the machine's, part of the path.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::App | Self::Get | Self::Destroy => "",
            Self::Secrets => "/secrets",
            Self::List | Self::Create => "/machines",
            Self::Start => "/start",
            Self::Stop => "/stop",
            Self::Wait => "/wait",
            Self::Cordon => "/cordon",
            Self::Uncordon => "/uncordon",
            Self::Metadata | Self::SetMetadata => "/metadata",
            Self::ReadLease | Self::Lease | Self::Release => "/lease",
        }
    }
}

/// Begins the sentence that an error is: "cordon of 9080…: …".
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::App => "look at the app",
            Self::Secrets => "look at the secrets",
            Self::List => "list of machines",
            Self::Create => "create",
            Self::Get => "look",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Destroy => "destroy",
            Self::Wait => "wait",
            Self::Cordon => "cordon",
            Self::Uncordon => "uncordon",
            Self::Metadata => "look at the metadata",
            Self::SetMetadata => "change of the metadata",
            Self::ReadLease => "look at the lease",
            Self::Lease => "lease",
            Self::Release => "release of the lease",
        })
    }
}

/// What a call is done to: a machine, under a lease of ours where there is one.
#[derive(Clone, Copy, Debug)]
pub enum On<'a> {
    /// A machine that nobody may have leased.
    Free(&'a MachineId),
    /// A machine whose lease is ours: the call must be over before the lease is.
    Leased(&'a Lease),
}

impl<'a> On<'a> {
    pub(crate) fn machine(self) -> &'a MachineId {
        match self {
            Self::Free(machine) => machine,
            Self::Leased(lease) => lease.machine(),
        }
    }
}

impl<'a> From<&'a MachineId> for On<'a> {
    fn from(machine: &'a MachineId) -> Self {
        Self::Free(machine)
    }
}

impl<'a> From<&'a Lease> for On<'a> {
    fn from(lease: &'a Lease) -> Self {
        Self::Leased(lease)
    }
}
