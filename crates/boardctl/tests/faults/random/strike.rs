//! What a round does to the servers.

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use testbed::board::Part;
use tokio::time::sleep;

use super::round::{Machine, Postgres, Redis, Resend, Round};
use crate::faults::fleet::Fleet;
use crate::faults::resend::{behave, fail, recover};

impl Round {
    /// Breaks what it breaks, waits, and makes it whole again.
    pub(super) async fn strike(&self, fleet: &mut Fleet) {
        if let Some(fault) = self.postgres {
            fault.strike(fleet).await;
        }
        if let Some(fault) = self.redis {
            fault.strike(fleet).await;
        }
        if let Some(fault) = self.resend {
            fault.strike(fleet).await;
        }
        if self.spans.is_some() {
            fleet.board.servers.otlp.hang();
        }
        match self.machine {
            Some((Machine::Killed, part, number)) => {
                fleet.kill(part, number);
                fleet.put_back(part, number).await;
            }
            Some((Machine::Terminated, part, number)) => replace(fleet, part, number, Signal::SIGTERM).await,
            Some((Machine::Interrupted, part, number)) => replace(fleet, part, number, Signal::SIGINT).await,
            None => {}
        }
        sleep(self.broken).await;
        if let Some(fault) = self.postgres {
            fault.mend(fleet).await;
        }
        if let Some(fault) = self.redis {
            fault.mend(fleet).await;
        }
        if self.resend.is_some() {
            recover(fleet).await;
        }
        if self.spans.is_some() {
            fleet.board.servers.otlp.resume();
        }
        sleep(self.well).await;
    }
}

/// What is in flight to a server that hangs may have to be cut.
async fn replace(fleet: &mut Fleet, part: Part, number: usize, signal: Signal) {
    let code = fleet.replace(part, number, signal).await;
    assert!(matches!(code, Some(0 | 1)), "it ended with {code:?}");
}

fn logins(fleet: &Fleet) -> Vec<String> {
    Part::all().into_iter().filter_map(|part| fleet.board.login(part)).collect()
}

impl Postgres {
    async fn strike(self, fleet: &mut Fleet) {
        match self {
            Self::Killed => fleet.server().kill(),
            Self::Frozen => fleet.server().freeze().expect("it runs"),
            Self::Refuses => {
                fleet.postgres.refuse().expect("its port is ours");
                fleet.postgres.cut();
            }
            Self::Cut => fleet.postgres.cut(),
            Self::LockedOut => {
                for login in logins(fleet) {
                    fleet.server().lock_out(&login).await.expect("there is such a login");
                }
            }
            Self::ReadOnly => {
                fleet.server().stop().await.expect("it stops");
                let read_only = [("default_transaction_read_only", "on")];
                fleet.server_mut().start_again_with(&read_only).await.expect("it starts");
            }
            Self::Full => fleet.server().fill_disk().expect("there is room to take"),
            Self::Late(ms) => fleet.postgres.delay(std::time::Duration::from_millis(ms)),
        }
    }

    async fn mend(self, fleet: &mut Fleet) {
        match self {
            Self::Killed => fleet.server_mut().start_again().await.expect("it starts"),
            Self::Frozen => fleet.server().thaw().expect("it is there"),
            Self::Cut => {}
            Self::LockedOut => {
                for login in logins(fleet) {
                    fleet.server().let_in(&login).await.expect("there is such a login");
                }
            }
            Self::ReadOnly => {
                fleet.server().stop().await.expect("it stops");
                fleet.server_mut().start_again().await.expect("it starts");
            }
            Self::Full => {
                fleet.server().empty_disk().expect("it was filled");
                fleet.revive_server().await;
            }
            Self::Refuses | Self::Late(_) => fleet.postgres.heal().expect("its port is ours"),
        }
    }
}

impl Redis {
    async fn strike(self, fleet: &mut Fleet) {
        match self {
            Self::Killed => fleet.redis_server().kill(),
            Self::Frozen => fleet.redis_server().freeze().expect("it runs"),
            Self::Refuses => {
                fleet.redis.refuse().expect("its port is ours");
                fleet.redis.cut();
            }
            Self::Emptied => fleet.redis_server().empty().await.expect("it is there"),
            Self::Late(ms) => fleet.redis.delay(std::time::Duration::from_millis(ms)),
        }
    }

    async fn mend(self, fleet: &mut Fleet) {
        match self {
            Self::Killed => fleet.redis_server_mut().start_again().await.expect("it starts"),
            Self::Frozen => fleet.redis_server().thaw().expect("it is there"),
            Self::Emptied => {}
            Self::Refuses | Self::Late(_) => fleet.redis.heal().expect("its port is ours"),
        }
    }
}

impl Resend {
    async fn strike(self, fleet: &Fleet) {
        let script: Value = match self {
            Self::Fails => json!({}),
            Self::AcceptsAndFails => json!({ "after_acceptance": true }),
            Self::HangsUp => json!({ "drop_connection": true, "after_acceptance": true }),
            Self::TalksNonsense => json!({ "malformed": true }),
            Self::Refuses => json!({ "status": 429, "name": "rate_limit_exceeded", "retry_after_s": 1 }),
            Self::Late(ms) => return behave(fleet, json!({ "latency_ms": ms })).await,
        };
        fail(fleet, &[script]).await;
    }
}
