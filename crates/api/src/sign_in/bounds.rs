//! How many links may be on their way: to one address, for one client, and in all. PostgreSQL counts them, where it makes
//! the next one; what it counts ends by itself, as links do, so no count can stay behind.

use std::time::Duration;

use contracts::problems::TOO_MANY_SIGN_IN_MAILS;
use platform::config::{Reader, Settings, setting};
use platform::guard::quota::{Quota, QuotaMetrics, Standing};
use platform::http::problem::Problem;
use platform::sabotage;

/// How long a link is good, and so for how long it counts unless it is used.
const LINK_LIFE: Duration = Duration::from_secs(15 * 60);

/// Links to one address that are not used yet: enough for whoever asks again and again, and few for whom a stranger
/// asks. Who has that many good links in the mailbox is not locked out.
const OF_ADDRESS: u16 = 5;

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Address,
    Client,
    Total,
}

/// The bounds that depend on the machine's surroundings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoundSettings {
    client: u16,
    total: u16,
}

impl Settings for BoundSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let mut count = |name, about, default| {
            let count = from.count(setting(name, about), 2..=usize::from(u16::MAX), default)?;
            u16::try_from(count).ok()
        };
        // As many as one batch of mails: whoever comes behind them waits for one post.
        let client = count("SIGN_IN_CLIENT_MAX", "unused sign-in links that one client may have asked for", 100);
        // Ten batches, and 96,000 mails a day at the very most, if nobody ever used one.
        let total = count(
            "SIGN_IN_TOTAL_MAX",
            "unused sign-in links in all; half of the room is for addresses without one",
            1_000,
        );
        Some(Self { client: client?, total: total? })
    }
}

impl BoundSettings {
    /// To an address, of a client, and in all; then in all where the client has one already, and where the address has.
    pub(super) fn limits(self) -> [i64; 5] {
        if sabotage::takes_out("sign-in mail bounds") {
            return [i64::from(u16::MAX); 5];
        }
        let total = i64::from(self.total);
        let kept = !sabotage::takes_out("room for new addresses");
        let (of_client, of_address) = if kept { (total - total / 4, total / 2) } else { (total, total) };
        [i64::from(OF_ADDRESS), i64::from(self.client), total, of_client, of_address]
    }

    /// The refusal of a further mail, which tells when there is room again.
    pub(super) fn refusal(self, bound: Bound, after: Duration) -> Problem {
        let limit = match bound {
            Bound::Address => OF_ADDRESS,
            Bound::Client => self.client,
            Bound::Total => self.total,
        };
        let quota = Quota { name: bound.name(), limit, window: LINK_LIFE };
        let problem = Problem::from(TOO_MANY_SIGN_IN_MAILS).retry_after(after);
        let fields = quota.fields(Standing { left: 0, reset: after });
        fields.into_iter().fold(problem, |problem, (name, value)| problem.header(name, value))
    }
}

impl Bound {
    /// As the statement names it.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "address" => Some(Self::Address),
            "client" => Some(Self::Client),
            "total" => Some(Self::Total),
            _ => None,
        }
    }

    /// As header fields and metrics name it.
    fn name(self) -> &'static str {
        match self {
            Self::Address => "sign-in-address",
            Self::Client => "sign-in-client",
            Self::Total => "sign-in-total",
        }
    }
}

/// Counts what came of a request: let through by all bounds, or refused by one.
pub(super) fn count(metrics: &QuotaMetrics, refused: Option<Bound>) {
    let told = |bound: Bound, verdict| metrics.count(bound.name(), verdict);
    match refused {
        Some(bound) => told(bound, "refused"),
        None => [Bound::Address, Bound::Client, Bound::Total].into_iter().for_each(|bound| told(bound, "allowed")),
    }
}
