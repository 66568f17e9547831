//! Leases: who holds one may act on the machine.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::act::Call;
use crate::fly::{Ended, Fly};
use crate::machine::Machine;
use crate::refusal::Refusal;

/// Who holds a machine.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) nonce: String,
    pub(crate) owner: String,
    pub(crate) description: String,
    pub(crate) until: OffsetDateTime,
}

/// Whose leases they are: each token's are its owner's, and there is one token here.
pub(crate) const OWNER: &str = "somebody@tokens.fly.io";

impl Machine {
    /// The lease that holds now.
    pub(crate) fn lease(&self, now: OffsetDateTime) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| now < lease.until)
    }

    /// The lease that keeps who shows this nonce from acting.
    pub(crate) fn kept_from(&self, now: OffsetDateTime, nonce: Option<&str>) -> Option<&Lease> {
        self.lease(now).filter(|lease| Some(lease.nonce.as_str()) != nonce)
    }

    fn lease_shape(&self, lease: &Lease) -> Value {
        let Lease { nonce, owner, description, until } = lease;
        let data = json!({
            "nonce": nonce,
            "expires_at": until.unix_timestamp(),
            "owner": owner,
            "description": description,
            "version": self.instance,
        });
        json!({ "status": "success", "data": data })
    }
}

impl Fly {
    /// Takes a lease, or with its nonce keeps it.
    pub(crate) fn take_lease(&mut self, now: OffsetDateTime, call: &Call, id: &str) -> Result<Ended, Refusal> {
        let ttl = call.one("ttl").map(|ttl| ttl.parse().ok()).or_else(|| call.body.get("ttl").map(Value::as_u64));
        let Some(ttl) = ttl.flatten().filter(|ttl| (1..=86_400).contains(ttl)) else {
            return Err(Refusal::malformed("ttl: wanted whole seconds"));
        };
        let description = call.body.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (renewed, nonce) = (self.settings.lapsed_is_renewed, self.ids.nonce());
        let machine = self.machine_mut(id)?;
        if let Some(held) = machine.kept_from(now, call.nonce.as_deref()) {
            return Err(Refusal::leased(id, held));
        }
        let until = now + Duration::from_secs(ttl);
        let lease = match machine.lease(now).cloned() {
            Some(ours) => Lease { until, ..ours },
            None if call.nonce.is_some() && !renewed => return Err(Refusal::no_lease()),
            None => Lease { nonce, owner: OWNER.to_owned(), description, until },
        };
        let shape = machine.lease_shape(&lease);
        machine.lease = Some(lease);
        Ok((201, shape))
    }

    pub(crate) fn read_lease(&mut self, now: OffsetDateTime, id: &str) -> Result<Ended, Refusal> {
        let machine = self.machine_mut(id)?;
        let lease = machine.lease(now).ok_or_else(Refusal::no_lease)?;
        Ok((200, machine.lease_shape(lease)))
    }

    pub(crate) fn release(&mut self, now: OffsetDateTime, call: &Call, id: &str) -> Result<Ended, Refusal> {
        let machine = self.machine_mut(id)?;
        if let Some(held) = machine.kept_from(now, call.nonce.as_deref()) {
            return Err(Refusal::leased(id, held));
        }
        machine.lease(now).ok_or_else(Refusal::no_lease)?;
        machine.lease = None;
        Ok((200, json!({ "status": "success", "data": { "ok": true } })))
    }
}
