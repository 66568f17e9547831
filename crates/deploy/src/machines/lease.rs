//! Leases. Whoever holds one may act on the machine, everybody else is refused; so is the proxy's autostart.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::client::{Ask, Read};
use super::error::{Holder, Said};
use super::transport::{Nonce, Transport};
use super::{Call, Error, MachineId, Machines, Meaning, On};

/// A lease of ours. It ends by our own clock, counted from when it was asked for: what Fly says of its end is by
/// another clock.
#[derive(Clone, Debug)]
pub struct Lease {
    machine: MachineId,
    nonce: Nonce,
    until: Instant,
}

impl Lease {
    /// The machine that is leased.
    #[must_use]
    pub fn machine(&self) -> &MachineId {
        &self.machine
    }

    pub(crate) fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// How long it is still ours.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Whether it is the same lease as an earlier one, refreshed. Where Fly granted another one instead, somebody may have
    /// acted in between.
    #[must_use]
    pub fn continues(&self, earlier: &Self) -> bool {
        self.machine == earlier.machine && self.nonce.expose() == earlier.nonce.expose()
    }
}

/// A lease, as Fly shows it to anybody.
#[derive(Deserialize)]
struct Envelope {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    // An empty one would lock us out by our own lease.
    nonce: Nonce,
    owner: Option<String>,
    description: Option<String>,
    expires_at: Option<i64>,
}

impl Data {
    fn holder(&self) -> Holder {
        let known = |text: &Option<String>| {
            Some(text.as_deref()?).filter(|text| !text.is_empty()).map(|text| Said::new(text).to_string())
        };
        let until = self.expires_at.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        Holder { owner: known(&self.owner), description: known(&self.description), until }
    }
}

impl<T: Transport> Machines<T> {
    /// Takes a machine's lease, for whole seconds. The description is one that no other run uses: by it a lease is known
    /// as ours that was granted in an answer that got lost.
    ///
    /// # Errors
    /// [`Meaning::LeaseHeld`] with all that Fly says of the holder, or what else came in between.
    pub async fn take(&self, machine: &MachineId, ttl: Duration, description: &str) -> Result<Lease, Error> {
        let body = json!({ "ttl": ttl.as_secs(), "description": description });
        let first = match self.granted(Ask::machine(Call::Lease, On::Free(machine)).body(body), machine, ttl).await {
            Err(error) if may_be_held(&error.meaning) => error,
            other => return other,
        };
        let Ok(Some(held)) = self.held(machine).await else { return Err(first) };
        if held.description.as_deref() != Some(description) {
            return Err(first.with(Meaning::LeaseHeld(Box::new(held.holder()))));
        }
        self.granted(refresh(On::Free(machine), ttl).nonce(held.nonce), machine, ttl).await
    }

    /// Keeps a lease for so long from now on; see [`Lease::continues`].
    ///
    /// # Errors
    /// [`Meaning::LeaseEnds`] when it is too late, or what else came in between. The old one then ends when it would have.
    pub async fn refresh(&self, lease: &Lease, ttl: Duration) -> Result<Lease, Error> {
        self.granted(refresh(On::Leased(lease), ttl), &lease.machine, ttl).await
    }

    /// Gives a lease back. One that Fly does not have any more is as good as given back, and so is one that is about to
    /// end.
    ///
    /// # Errors
    /// What came in between: the lease then ends by itself.
    pub async fn release(&self, lease: &Lease) -> Result<(), Error> {
        match self.tell(Ask::machine(Call::Release, lease.into())).await {
            Err(error) if matches!(error.meaning, Meaning::NotFound(_) | Meaning::LeaseEnds { .. }) => Ok(()),
            other => other,
        }
    }

    /// Who holds a machine's lease.
    ///
    /// # Errors
    /// What came in between.
    pub async fn holder(&self, machine: &MachineId) -> Result<Option<Holder>, Error> {
        Ok(self.held(machine).await?.map(|data| data.holder()))
    }

    async fn held(&self, machine: &MachineId) -> Result<Option<Data>, Error> {
        match self.ask::<Envelope>(Ask::machine(Call::ReadLease, machine.into())).await {
            Ok(read) => Ok(Some(read.value.data)),
            Err(error) if matches!(error.meaning, Meaning::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn granted(&self, ask: Ask<'_>, machine: &MachineId, ttl: Duration) -> Result<Lease, Error> {
        let Read { value, sent } = self.ask::<Envelope>(ask).await?;
        let until = sent + Duration::from_secs(ttl.as_secs());
        Ok(Lease { machine: machine.clone(), nonce: value.data.nonce, until })
    }
}

/// With a nonce and no body, as flyctl asks for it.
fn refresh(on: On<'_>, ttl: Duration) -> Ask<'_> {
    Ask::machine(Call::Lease, on).tail(format!("?ttl={}", ttl.as_secs()))
}

/// Whether the lease may be held after this: by another, or by us without our knowing.
fn may_be_held(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::LeaseHeld(_) | Meaning::Conflict(_) | Meaning::Unknown(_))
}
