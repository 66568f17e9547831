//! The statements of `src/sql` on a real PostgreSQL.

mod backlog;
mod claims;
mod ends;
mod marks;

use std::time::Duration;

use email_worker::store::{Claimed, Store};
use testbed::wait;

use super::worker::PATIENCE;

/// Long enough for every test.
const LEASE: Duration = Duration::from_secs(60);
/// Over before anybody looks again.
const NO_LEASE: Duration = Duration::ZERO;
/// What a post takes at most.
const POST: Duration = Duration::from_secs(5);
const KINDS: [&str; 2] = ["sign_in_link", "application_received"];

async fn claim_for(store: &Store, lease: Duration) -> Option<Claimed> {
    store.claim(&KINDS, 100, lease).await.expect("an answer")
}

async fn claim(store: &Store) -> Claimed {
    claim_for(store, LEASE).await.expect("a batch")
}

/// Claims what only becomes due in a moment.
async fn claim_soon(store: &Store) -> Claimed {
    wait::until_some(PATIENCE, "a batch", async || claim_for(store, LEASE).await).await.expect("a batch")
}
