//! Mails that are written while their sender is replaced, and counted where they arrive.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use testbed::board::{Board, Part};
use testbed::wait;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::RehearseError;
use super::report::Mails;
use super::scene::Scene;
use super::stage::Stage;

/// So many at a time, so often in real times: less than two workers send.
const AT_ONCE: i32 = 10;
const EVERY: Duration = Duration::from_secs(1);

/// So many once there are enough to tell: of an hour's deploys fewer in all than the 20,000 that Resend's stand-in keeps.
const ENOUGH: usize = 5_000;
const THEN: i32 = 3;

/// Until the last has left.
const LEAVE: Duration = Duration::from_secs(120);

/// One application, of which all of these tell.
const APPLY: &str = "INSERT INTO applications (id, job_id, person_id, letter)
                     VALUES (gen_random_uuid(), $1::text::uuid, $2::text::uuid, 'I would like to.') RETURNING id::text";

const WRITE: &str = "INSERT INTO outbox (id, kind, reason, payload, priority, send_before)
                     SELECT id, 'application_received', 'rehearsal:' || id, jsonb_build_object('application_id', $1::text), 1,
                            clock_timestamp() + interval '1 day'
                     FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2::integer)) AS new RETURNING id::text";

const WAITING: &str = "SELECT count(*) FROM outbox WHERE state = 'queued'";

/// Mails that are being written, until they are told to end.
pub(super) struct Writing {
    end: watch::Sender<bool>,
    writes: JoinHandle<Result<Written, tokio_postgres::Error>>,
}

/// What was written.
struct Written {
    ids: Vec<String>,
    until: Instant,
}

impl Writing {
    /// Begins to write so many at least, at a pace of which a `factor` makes less than that of real times.
    pub(super) async fn start(board: &Board, least: usize, factor: f64) -> Result<Self, RehearseError> {
        let client = board.client().await?;
        let application = application(board, &client).await?;
        let (end, ended) = watch::channel(false);
        let writes = tokio::spawn(async move {
            let mut ids = Vec::new();
            while !*ended.borrow() || ids.len() < least {
                let many = if ids.len() < ENOUGH { AT_ONCE } else { THEN };
                ids.extend(write(&client, &application, many).await?);
                tokio::time::sleep(EVERY.mul_f64(factor)).await;
            }
            Ok(Written { ids, until: Instant::now() })
        });
        Ok(Self { end, writes })
    }

    /// Ends the writing, waits until the last has left, and counts them where they arrived.
    pub(super) async fn arrived(self, board: &Board) -> Result<(Mails, Instant), RehearseError> {
        self.end.send_replace(true);
        let written = self.writes.await.map_err(|error| RehearseError::Late(error.to_string()))?;
        let Written { ids, until } = written.map_err(RehearseError::Sql)?;
        Ok((arrived(board, &ids).await?, until))
    }
}

impl Stage {
    /// Writes so many mails at once, into the outbox as a function does; their ids.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn write_mails(&self, many: i32) -> Result<Vec<String>, RehearseError> {
        let client = self.board.client().await?;
        let application = application(&self.board, &client).await?;
        write(&client, &application, many).await.map_err(RehearseError::Sql)
    }

    /// Waits until the last mail has left, and counts these where they arrived.
    ///
    /// # Errors
    /// When one does not leave.
    pub async fn arrived(&self, ids: &[String]) -> Result<Mails, RehearseError> {
        arrived(&self.board, ids).await
    }
}

/// An application, of which mails tell.
async fn application(board: &Board, client: &Client) -> Result<String, RehearseError> {
    let scene = Scene::make(board, 1).await?;
    let made = client.query_one(APPLY, &[&scene.job(0), &scene.person(0).0]).await.map_err(RehearseError::Sql)?;
    Ok(made.get(0))
}

async fn write(client: &Client, application: &str, many: i32) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = client.query(WRITE, &[&application, &many]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn arrived(board: &Board, ids: &[String]) -> Result<Mails, RehearseError> {
    let client = board.client().await?;
    let left = async || {
        let waiting = client.query_one(WAITING, &[]).await.map(|row| row.get::<_, i64>(0));
        waiting.is_ok_and(|waiting| waiting == 0)
    };
    wait::until(LEAVE, "every mail has left", left).await?;
    let url = format!("{}/control/deliveries", board.url(Part::ResendStandIn));
    let told: Value = platform::http::client::stack()?.get(url).send().await?.json().await?;
    let mut arrived = BTreeMap::<&str, usize>::new();
    for delivery in told["deliveries"].as_array().into_iter().flatten() {
        *arrived.entry(delivery["tags"]["outbox_id"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let ours: Vec<usize> = ids.iter().filter_map(|id| arrived.get(id.as_str()).copied()).collect();
    let doubled = ours.iter().filter(|times| **times > 1).count();
    Ok(Mails { written: ids.len(), arrived: ours.len(), doubled, retried: 0 })
}
