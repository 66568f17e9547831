//! Old rows go by themselves, and nobody waits for that.

use std::time::Duration;

use platform::config::{Reader, Settings as _};
use platform::drain::{Drain, Phase};
use platform::guard::breaker::Breaker;
use platform::postgres::{Pool, PoolSettings, Sweep};
use platform::probe::Seen;
use platform::telemetry::metric::Metrics;
use testbed::wait;

use super::support::{Database, SOON, database};

const SWEEP: Sweep = Sweep { table: "letters", since: "sent_at", keep: Duration::from_hours(1) };

async fn with_letters(old: i32) -> Database {
    let database = database().await;
    let made = format!(
        "CREATE TABLE letters (n serial, sent_at timestamptz);
         INSERT INTO letters (sent_at) SELECT now() - interval '61 minutes' FROM generate_series(1, {old});
         INSERT INTO letters (sent_at) VALUES (now() - interval '59 minutes'), (NULL)"
    );
    database.client.batch_execute(&made).await.expect("the table is made");
    database
}

fn pool(database: &Database) -> Pool {
    let mut reader = Reader::new([("DATABASE_URL".to_owned(), database.url.clone())]);
    let settings = PoolSettings::read(&mut reader);
    let settings = reader.finish(settings).expect("an address");
    let metrics = Metrics::default();
    let breaker = Breaker::new("postgres", settings.breaker, &metrics);
    Pool::new(settings, "test".to_owned(), &metrics, Seen::default(), breaker).expect("a pool")
}

async fn left(database: &Database) -> i64 {
    database.client.query_one("SELECT count(*) FROM letters", &[]).await.expect("an answer").get(0)
}

#[tokio::test]
async fn old_rows_go_batch_after_batch_and_young_ones_and_those_without_a_time_stay() {
    let database = with_letters(2_500).await;
    let swept = wait::until(SOON, "a swept table", async || left(&database).await == 2);
    tokio::select! {
        swept = swept => swept.expect("all that is old"),
        () = SWEEP.run(pool(&database), Drain::default()) => panic!("it ends with the drain alone"),
    }
}

/// Guards: sweep past held rows.
#[tokio::test]
async fn a_row_that_somebody_holds_is_left_and_the_others_go() {
    let database = with_letters(5).await;
    let hold = "BEGIN; SELECT n FROM letters WHERE n = 1 FOR UPDATE";
    database.client.batch_execute(hold).await.expect("it is held");
    let drain = Drain::default();
    drain.advance(Phase::LameDuck);
    SWEEP.run(pool(&database), drain).await;
    assert_eq!(left(&database).await, 3);
}
