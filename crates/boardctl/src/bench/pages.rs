//! Job pages: with the breaker closed and open, and with the bound on requests at work reached.

use std::time::Duration;

use testbed::board::Part;
use testbed::wait;

use super::BenchError;
use super::meter::{Meter, load, sent};
use super::report::Row;
use super::stage::{Function, PATIENCE, Stage, not_ours};

/// More than a breaker needs to open.
const FAILURES: usize = 40;
/// As many refusals as are given at once, without a pace.
const AT_ONCE: usize = 100;
/// After so long a time without a refusal they are again.
const QUIET: Duration = Duration::from_millis(1_100);

/// From the database, from memory, and refused.
pub(super) async fn with_the_breaker(stage: &mut Stage) -> Result<Vec<Row>, BenchError> {
    let (seen, unseen) = (get(&stage.jobs[0]), get(&stage.jobs[1]));
    let reads = stage.amounts.reads;
    let api = stage.function(Part::Api, &[]).await?;
    let closed = Meter::begin(stage, &api, "job page, breaker closed", 200).await?;
    let closed = closed.warmed(vec![seen.clone(); reads]).await?.end().await?;
    drop(api);

    // A process of its own: it has not seen so many good calls that few bad ones open nothing.
    let api = stage.function(Part::Api, &[]).await?;
    open_the_breaker(stage, &api, &seen).await?;
    let stale = Meter::begin(stage, &api, "job page, breaker open: from memory", 200).await?;
    let stale = stale.warmed(vec![seen; reads]).await?.end().await?;
    let refused = Meter::begin(stage, &api, "job page, breaker open: nothing in memory", 503).await?;
    let refused = refused.warmed(vec![unseen; reads]).await?.end().await?;
    Ok(vec![closed, stale, refused])
}

/// Lets a page be remembered, takes the database away until the breaker opens, and brings it back, so that it can count
/// that nobody asks.
async fn open_the_breaker(stage: &mut Stage, api: &Function, page: &[u8]) -> Result<(), BenchError> {
    sent(api, "a page to be remembered", 200, vec![page.to_vec()]).await?;
    stage.postgres()?.stop().await?;
    sent(api, "pages while the database is away", 200, vec![page.to_vec(); FAILURES]).await?;
    api.process.wait_for_line("the breaker opened", PATIENCE).await?;
    Ok(stage.board.servers.postgres.own_mut().ok_or_else(not_ours)?.start_again().await?)
}

/// Answered, and refused because the places at work are taken. There are two, since once a second a function asks itself.
pub(super) async fn with_the_bound(stage: &Stage) -> Result<Vec<Row>, BenchError> {
    let page = get(&stage.jobs[0]);
    let api = stage.function(Part::Api, &[("AT_WORK_MAX", "2")]).await?;
    let answered = Meter::begin(stage, &api, "job page, two places at work: one caller", 200).await?;
    let answered = answered.with_callers(1).warmed(vec![page.clone(); stage.amounts.reads / 4]).await?.end().await?;
    let mut row = Meter::begin(stage, &api, "job page, no place at work: refused", 503).await?;
    for _ in 0..stage.amounts.rounds {
        tokio::time::sleep(QUIET).await;
        // Whoever reads jobs waits for this, and holds a place meanwhile.
        let lock = stage.board.client().await?;
        lock.batch_execute("BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE").await?;
        let holder = tokio::spawn(load(&api, vec![page.clone(); 2], 2).run());
        waits_for(&lock).await?;
        row.round(vec![page.clone(); AT_ONCE]).await?;
        lock.batch_execute("ROLLBACK").await?;
        drop(holder.await);
    }
    Ok(vec![answered, row.end().await?])
}

/// Waits until two wait for the lock that this connection holds.
async fn waits_for(lock: &tokio_postgres::Client) -> Result<(), BenchError> {
    let waiting = "SELECT count(*) >= 2 FROM pg_locks WHERE relation = 'jobs'::regclass AND NOT granted";
    let seen = async || lock.query_one(waiting, &[]).await.is_ok_and(|row| row.get(0));
    Ok(wait::until(PATIENCE, "two requests that wait for the jobs", seen).await?)
}

fn get(job: &str) -> Vec<u8> {
    format!("GET /v1/jobs/{job} HTTP/1.1\r\nHost: board\r\n\r\n").into_bytes()
}
