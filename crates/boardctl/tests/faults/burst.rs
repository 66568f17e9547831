//! So many requests, as fast as they go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use testbed::load::{Connection, Lost, Report, Script, Seen};
use tokio::task::JoinSet;

/// Longer than the longest request, whose deadline is 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// Asks `count` times: so many clients at once, in turns at these addresses, each with a connection of its own.
pub(super) async fn burst(addresses: &[SocketAddr], clients: usize, count: u64, script: impl Script) -> Report {
    let (script, next) = (Arc::new(script), Arc::new(AtomicU64::new(0)));
    let mut asked = JoinSet::new();
    for address in addresses.iter().cycle().take(clients) {
        let (mut connection, script, next) = (Connection::to(*address), script.clone(), next.clone());
        asked.spawn(async move {
            let mut seen = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= count {
                    return seen;
                }
                let (ask, at) = (script.ask(number), Instant::now());
                let answer = tokio::time::timeout(PATIENCE, connection.ask(&ask)).await.unwrap_or(Err(Lost::Late));
                seen.push(Seen { at, took: at.elapsed(), judged: script.judge(number, answer.as_ref()) });
            }
        });
    }
    Report(asked.join_all().await.into_iter().flatten().collect())
}
