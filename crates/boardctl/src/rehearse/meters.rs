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
const BREAKERS: &str = "board_breaker_state{";

/// A breaker that moved.
const MOVED: &str = "board_breaker_transitions_total{";

/// Mails that a worker took and did not send.
const MAILS: &str = "board_mails_total{";
const NOT_SENT: &str = "outcome=\"retried\"";

/// How often a worker went round, and how often of these in vain.
const ROUNDS: &str = "board_rounds_total";
const FAILED: &str = "board_rounds_failed_total";

/// What machines have counted; nothing where none was ever heard of it, which is not the same as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// How often a breaker moved.
    pub(super) moved: Option<u64>,
    /// Mails that were taken and not sent.
    pub(super) retried: Option<u64>,
    /// Rounds of a worker, and those of them that failed.
    pub(super) rounds: Option<u64>,
    pub(super) failed: Option<u64>,
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
                for (machine, text) in pages(&control, &app, &http).await {
                    let Some(text) = text else { continue };
                    // What a process counts begins anew with the next; the most that was seen is what one counted.
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let most = kept.entry(machine).or_default();
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

/// Whether each machine of an app has gone round since it started.
pub(super) async fn all_go_round(control: &Control, app: &str, http: &reqwest::Client) -> bool {
    let pages = pages(control, app, http).await;
    let goes = |text: &String| Counted::of(text).rounds.is_some_and(|rounds| rounds > 0);
    !pages.is_empty() && pages.iter().all(|(_, text)| text.as_ref().is_some_and(goes))
}

/// Each machine of an app that is awake, with its metrics if it tells them.
async fn pages(control: &Control, app: &str, http: &reqwest::Client) -> Vec<(String, Option<String>)> {
    let mut pages = Vec::new();
    for guest in control.guests().await.unwrap_or_default().into_iter().filter(|guest| guest.app == app) {
        let url = format!("http://{}/metrics", SocketAddr::from((guest.address, PORT)));
        let text = async { http.get(url).send().await?.text().await };
        pages.push((guest.machine, text.await.ok()));
    }
    pages
}

impl Counted {
    fn of(metrics: &str) -> Self {
        let has = |name: &str| metrics.lines().any(|line| line.starts_with(name));
        let counter = |name: &str| has(name).then(|| sum(metrics, name, ""));
        Self {
            moved: has(BREAKERS).then(|| sum(metrics, MOVED, "")),
            retried: has(MAILS).then(|| sum(metrics, MAILS, NOT_SENT)),
            rounds: counter(ROUNDS),
            failed: counter(FAILED),
        }
    }

    fn all<'a>(machines: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let sum = |of: fn(&Self) -> Option<u64>| machines.clone().filter_map(of).reduce(|sum, one| sum + one);
        Self {
            moved: sum(|one| one.moved),
            retried: sum(|one| one.retried),
            rounds: sum(|one| one.rounds),
            failed: sum(|one| one.failed),
        }
    }

    fn most(self, other: Self) -> Self {
        Self {
            moved: self.moved.max(other.moved),
            retried: self.retried.max(other.retried),
            rounds: self.rounds.max(other.rounds),
            failed: self.failed.max(other.failed),
        }
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
        let text = "board_breaker_state{dependency=\"postgres\"} 0\n\
                    board_breaker_transitions_total{dependency=\"postgres\",to=\"open\"} 2\n\
                    board_breaker_transitions_total{dependency=\"redis\",to=\"closed\"} 1\n\
                    board_mails_total{kind=\"a\",outcome=\"sent\",reason=\"\"} 7\n\
                    board_mails_total{kind=\"a\",outcome=\"retried\",reason=\"x\"} 4\n\
                    board_mails_total{kind=\"b\",outcome=\"retried\",reason=\"x\"} 5\n";
        let counted = |moved, retried| Counted { moved: Some(moved), retried, ..Counted::default() };
        assert_eq!(Counted::of(text), counted(3, Some(9)));
        let more = counted(4, None);
        assert_eq!(Counted::of(text).most(more), counted(4, Some(9)));
        assert_eq!(Counted::all([Counted::of(text), more].iter()), counted(7, Some(9)));
    }

    #[test]
    fn rounds_are_told_apart_from_those_that_failed() {
        let counted = Counted::of("board_rounds_total 7\nboard_rounds_failed_total 2\n");
        assert_eq!(counted, Counted { rounds: Some(7), failed: Some(2), ..Counted::default() });
        assert_eq!(Counted::of("board_rounds_failed_total 2\n").rounds, None);
    }

    #[test]
    fn what_no_machine_told_is_unknown_and_not_zero() {
        let still = Counted::of("board_breaker_state{dependency=\"postgres\"} 0\n");
        assert_eq!(still, Counted { moved: Some(0), ..Counted::default() });
        assert_eq!(Counted::of("no such page"), Counted::default());
        assert_eq!(Counted::all([Counted::default(), still].iter()), still);
        assert_eq!(Counted::all([].iter()), Counted::default());
    }
}
