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

/// A breaker that moved.
const MOVED: &str = "breaker_transitions_total{";

/// Looks all the time.
pub(super) struct Meters {
    moved: Arc<Mutex<BTreeMap<String, u64>>>,
    looking: JoinHandle<()>,
}

impl Meters {
    /// Begins.
    pub(super) fn start(control: Control, app: String, http: reqwest::Client) -> Self {
        let moved: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
        let kept = moved.clone();
        let looking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                for guest in control.guests().await.unwrap_or_default().into_iter().filter(|guest| guest.app == app) {
                    let url = format!("http://{}/metrics", SocketAddr::from((guest.address, PORT)));
                    let Ok(answer) = http.get(url).send().await else { continue };
                    let Ok(text) = answer.text().await else { continue };
                    let sum = moved_in(&text);
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let most = kept.entry(guest.machine).or_default();
                    *most = sum.max(*most);
                }
            }
        });
        Self { moved, looking }
    }

    /// How often a breaker of any machine moved.
    pub(super) fn end(self) -> u64 {
        self.looking.abort();
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

fn moved_in(metrics: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with(MOVED));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn transitions_of_all_breakers_are_summed() {
        let text = "breaker_state{dependency=\"postgres\"} 0\nbreaker_transitions_total{dependency=\"postgres\",to=\"open\"} 2\n\
                    breaker_transitions_total{dependency=\"redis\",to=\"closed\"} 1\n";
        assert_eq!(super::moved_in(text), 3);
    }
}
