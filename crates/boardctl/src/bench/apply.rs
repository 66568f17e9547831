//! Applying: taken, repeated, and refused by Redis or by PostgreSQL.

use testbed::board::Part;

use super::BenchError;
use super::meter::{Meter, sent};
use super::report::Row;
use super::stage::{QUOTA, Stage};

/// What people write.
const LETTER: &str = r#"{"letter":"I have built stairs for ten years, and would like to build yours."}"#;

/// Without a key, with a key, repeated under it, and refused.
pub(super) async fn with_the_quota(stage: &Stage) -> Result<Vec<Row>, BenchError> {
    let applications = stage.function(Part::Applications, &[]).await?;
    let (without, with) = (everybody(stage, &stage.people().await?, false), stage.people().await?);
    let (under_keys, eleventh) = (everybody(stage, &with, true), eleventh(stage, &with));

    let row = Meter::begin(stage, &applications, "apply", 201).await?;
    let taken = row.warmed(without).await?.end().await?;
    let row = Meter::begin(stage, &applications, "apply with an Idempotency-Key", 201).await?;
    let keyed = row.warmed(under_keys.clone()).await?.end().await?;
    let row = Meter::begin(stage, &applications, "apply again under the same key", 201).await?;
    let replayed = row.warmed(under_keys).await?.end().await?;

    // Redis may have missed an acceptance on a busy machine: a refusal by PostgreSQL makes up for it.
    sent(&applications, "the eleventh application", 429, eleventh.clone()).await?;
    let row = Meter::begin(stage, &applications, "the eleventh, refused by Redis", 429).await?;
    let by_redis = row.warmed(repeated(&eleventh, stage.amounts.reads)).await?.end().await?;

    let mut row = Meter::begin(stage, &applications, "the eleventh, Redis emptied: by PostgreSQL", 429).await?;
    for _ in 0..stage.amounts.rounds {
        stage.redis()?.command(&["FLUSHALL"]).await?;
        row.round(eleventh.clone()).await?;
    }
    Ok(vec![taken, keyed, replayed, by_redis, row.end().await?])
}

/// Everybody applies for the first job, then for the second, up to the quota: nobody waits for himself.
fn everybody(stage: &Stage, people: &[String], with_keys: bool) -> Vec<Vec<u8>> {
    let jobs = stage.jobs.iter().take(QUOTA);
    jobs.flat_map(|job| people.iter().map(move |token| apply(job, token, with_keys.then_some(job)))).collect()
}

/// Everybody applies once more.
fn eleventh(stage: &Stage, people: &[String]) -> Vec<Vec<u8>> {
    people.iter().map(|token| apply(&stage.jobs[QUOTA], token, None)).collect()
}

fn repeated(requests: &[Vec<u8>], many: usize) -> Vec<Vec<u8>> {
    requests.iter().cycle().take(many).cloned().collect()
}

fn apply(job: &str, token: &str, key: Option<&String>) -> Vec<u8> {
    let key = key.map(|key| format!("Idempotency-Key: \"{key}\"\r\n")).unwrap_or_default();
    format!(
        "POST /v1/jobs/{job}/applications HTTP/1.1\r\nHost: board\r\nAuthorization: Bearer {token}\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{LETTER}",
        LETTER.len()
    )
    .into_bytes()
}
