//! What machines measure of themselves, looked at all the time, since a machine that is gone tells nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fly_stand_in::site::Control;
use tokio::task::JoinHandle;

/// How often.
const LOOK: Duration = Duration::from_millis(1_000);

/// Where each machine's metrics are, by `METRICS_LISTEN` of its file.
const PORT: u16 = 9091;

/// Of each breaker, whether it moved or not.
const BREAKERS: &str = "breaker_state{";

/// A breaker that moved.
const MOVED: &str = "breaker_transitions_total{";

/// Mails that a worker took and did not send.
const MAILS: &str = "mails_total{";
const NOT_SENT: &str = "outcome=\"retried\"";

/// What machines have counted; nothing where none was ever heard of it, which is not the same as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// How often a breaker moved.
    pub(super) moved: Option<u64>,
    /// Mails that were taken and not sent.
    pub(super) retried: Option<u64>,
}

/// Looks all the time.
pub(super) struct Meters {
    counted: Arc<Mutex<BTreeMap<String, Counted>>>,
    looking: JoinHandle<()>,
}

impl Meters {
    /// Begins.
    pub(super) fn start(control: Control, app: String, http: reqwest::Client) -> Self {
        let counted: Arc<Mutex<BTreeMap<String, Counted>>> = Arc::default();
        let kept = counted.clone();
        let looking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                for guest in control.guests().await.unwrap_or_default().into_iter().filter(|guest| guest.app == app) {
                    let url = format!("http://{}/metrics", SocketAddr::from((guest.address, PORT)));
                    let Ok(answer) = http.get(url).send().await else { continue };
                    let Ok(text) = answer.text().await else { continue };
                    // What a process counts begins anew with the next; the most that was seen is what one counted.
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let most = kept.entry(guest.machine).or_default();
                    *most = Counted::of(&text).most(*most);
                }
            }
        });
        Self { counted, looking }
    }

    /// What all machines counted.
    pub(super) fn end(self) -> Counted {
        self.looking.abort();
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        Counted::all(counted.values())
    }
}

impl Counted {
    fn of(metrics: &str) -> Self {
        let has = |name: &str| metrics.lines().any(|line| line.starts_with(name));
        Self {
            moved: has(BREAKERS).then(|| sum(metrics, MOVED, "")),
            retried: has(MAILS).then(|| sum(metrics, MAILS, NOT_SENT)),
        }
    }

    fn all<'a>(machines: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let moved = machines.clone().filter_map(|one| one.moved).reduce(|sum, one| sum + one);
        Self { moved, retried: machines.filter_map(|one| one.retried).reduce(|sum, one| sum + one) }
    }

    fn most(self, other: Self) -> Self {
        Self { moved: self.moved.max(other.moved), retried: self.retried.max(other.retried) }
    }
}

/// Of all lines of a metric that have this label.
fn sum(metrics: &str, name: &str, label: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_of_all_breakers_and_mails_that_were_taken_and_not_sent_are_summed() {
        let text = "breaker_state{dependency=\"postgres\"} 0\n\
                    breaker_transitions_total{dependency=\"postgres\",to=\"open\"} 2\n\
                    breaker_transitions_total{dependency=\"redis\",to=\"closed\"} 1\n\
                    mails_total{kind=\"a\",outcome=\"sent\",reason=\"\"} 7\n\
                    mails_total{kind=\"a\",outcome=\"retried\",reason=\"x\"} 4\n\
                    mails_total{kind=\"b\",outcome=\"retried\",reason=\"x\"} 5\n";
        assert_eq!(Counted::of(text), Counted { moved: Some(3), retried: Some(9) });
        let more = Counted { moved: Some(4), retried: None };
        assert_eq!(Counted::of(text).most(more), Counted { moved: Some(4), retried: Some(9) });
        assert_eq!(Counted::all([Counted::of(text), more].iter()), Counted { moved: Some(7), retried: Some(9) });
    }

    #[test]
    fn what_no_machine_told_is_unknown_and_not_zero() {
        let still = Counted::of("breaker_state{dependency=\"postgres\"} 0\n");
        assert_eq!(still, Counted { moved: Some(0), retried: None });
        assert_eq!(Counted::of("no such page"), Counted::default());
        assert_eq!(Counted::all([Counted::default(), still].iter()), still);
        assert_eq!(Counted::all([].iter()), Counted::default());
    }
}
