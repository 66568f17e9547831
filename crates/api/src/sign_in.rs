//! Sign-in by a mailed single-use link. The row holds no token: see [`contracts::sign_in`].

mod bounds;
pub(crate) mod http;
mod store;

use std::time::Duration;

use platform::postgres::Sweep;

pub(crate) use bounds::BoundSettings;

/// How long sign-ins are kept.
pub(crate) const SWEEP: Sweep = Sweep { table: "sign_ins", since: "created_at", keep: Duration::from_hours(24) };
