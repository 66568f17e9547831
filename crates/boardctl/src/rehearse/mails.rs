//! Mails that are written while their sender is replaced, and counted where they arrive.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use testbed::board::{Board, Part};
use testbed::wait;
use tokio::task::JoinHandle;

use super::RehearseError;
use super::report::Mails;
use super::scene::Scene;

/// So many at a time, so often: a little less than two workers send.
const AT_ONCE: i32 = 50;
const EVERY: Duration = Duration::from_millis(100);

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

/// Mails that are being written.
pub(super) struct Writing {
    writes: JoinHandle<Result<Vec<String>, tokio_postgres::Error>>,
}

impl Writing {
    /// Begins to write so many.
    pub(super) async fn start(board: &Board, many: usize) -> Result<Self, RehearseError> {
        let scene = Scene::make(board, 1).await?;
        let client = board.client().await?;
        let person = &scene.person(0).0;
        let made = client.query_one(APPLY, &[&scene.job(0), person]).await.map_err(RehearseError::Sql)?;
        let application: String = made.get(0);
        let writes = tokio::spawn(async move {
            let mut ids = Vec::new();
            while ids.len() < many {
                let rows = client.query(WRITE, &[&application, &AT_ONCE]).await?;
                ids.extend(rows.iter().map(|row| row.get::<_, String>(0)));
                tokio::time::sleep(EVERY).await;
            }
            Ok(ids)
        });
        Ok(Self { writes })
    }

    /// Waits until all are written and have left, and counts them where they arrived.
    pub(super) async fn arrived(self, board: &Board) -> Result<Mails, RehearseError> {
        let written = self.writes.await.map_err(|error| RehearseError::Late(error.to_string()))?;
        let written = written.map_err(RehearseError::Sql)?;
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
        let ours: Vec<usize> = written.iter().filter_map(|id| arrived.get(id.as_str()).copied()).collect();
        let doubled = ours.iter().filter(|times| **times > 1).count();
        Ok(Mails { written: written.len(), arrived: ours.len(), doubled, retried: 0 })
    }
}
