//! Transactions that lose: to a deadlock, to one that cannot be serialized with them, to a connection that is cut in the
//! middle. Each application is sent twice at the same time, with the same key, until it is answered.

use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::wait;
use tokio::time::sleep;
use tokio_postgres::Client;

use super::fleet::Fleet;
use super::quota::tries::{Outcome, all_answered};
use super::scene::database;
use super::scripts::Greedy;
use super::{meters, table, verdicts};

/// Bound for what nobody is promised in a certain time.
const SOON: Duration = Duration::from_secs(30);

/// Jobs that the one person applies for: twice what is allowed.
const JOBS: i32 = 20;

/// PostgreSQL's answers come so much later, so that a cut meets transactions.
const LATE: Duration = Duration::from_millis(40);

const CUTS: usize = 10;

/// Time for transactions to begin again after a cut.
const BETWEEN_CUTS: Duration = Duration::from_millis(200);

const REFUSED: &str = "http_server_request_duration_seconds_count{http_request_method=\"POST\",\
                       http_route=\"/v1/jobs/{id}/applications\",http_response_status_code=\"503\"}";

/// Who waits for this backend.
const KEPT_WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))";

/// How often the server has written this to its log.
fn logged(fleet: &Fleet, words: &str) -> usize {
    fleet.server().log_text().matches(words).count()
}

/// How many applications were answered with 503, by the functions' own count.
async fn refused(fleet: &Fleet) -> usize {
    let texts = meters::texts(fleet.metrics_of(Part::Applications)).await;
    meters::sum(&texts, REFUSED)
}

/// Twenty applications by one person, each sent twice at once and repeated until answered, while `fault` is at work.
async fn twins(name: &str, fleet: &Fleet, greedy: &Greedy, fault: impl Future<Output = ()>) {
    println!("\n--- {name}");
    let (address, begun) = (fleet.front(Part::Applications), Instant::now());
    let both = async { tokio::join!(all_answered(address, greedy), all_answered(address, greedy)) };
    let ((ones, others), ()) = tokio::join!(both, fault);
    let tries: usize = ones.iter().chain(&others).map(|outcome| outcome.tries).sum();
    let ids = |outcomes: Vec<Outcome>| outcomes.into_iter().map(|outcome| outcome.id).collect::<Vec<_>>();
    let (ids, others) = (ids(ones), ids(others));
    let accepted: Vec<String> = ids.iter().flatten().cloned().collect();
    let saw = format!(
        "{tries} requests with {} keys, each from two clients at once; {} applications, in {:.1} s",
        ids.len(),
        accepted.len(),
        begun.elapsed().as_secs_f64()
    );
    table::add(name, &saw, Duration::ZERO);
    assert_eq!(ids, others, "each key has one outcome");
    let person = [greedy.person().id.clone()];
    assert_eq!(verdicts::nothing_is_lost_or_doubled(fleet, &accepted, &person).await, 10);
    assert_eq!(accepted.len(), 10);
    assert_eq!(fleet.dead(), Vec::<String>::new(), "nobody killed these");
}

async fn fleet_and_person() -> (Fleet, Greedy) {
    let fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let greedy = Greedy::with_jobs(&fleet, JOBS).await;
    (fleet, greedy)
}

/// Somebody beside the functions, who holds the person's row: an application has written all its rows when it comes to
/// look whether the person is still there, and has locked the job that it looked at before.
async fn holder(fleet: &Fleet, person: &str) -> Client {
    let holder = database(fleet).await;
    let hold = format!("SET deadlock_timeout = '30s'; BEGIN; SELECT FROM people WHERE id = '{person}' FOR UPDATE");
    holder.batch_execute(&hold).await.expect("the row is there");
    holder
}

async fn until_it_is_waited_for(fleet: &Fleet, holder: &Client) {
    let pid: i32 = holder.query_one("SELECT pg_backend_pid()", &[]).await.expect("it answers").get(0);
    let client = database(fleet).await;
    let waited = async || client.query_one(KEPT_WAITING, &[&pid]).await.expect("it answers").get::<_, i64>(0) > 0;
    wait::until(SOON, "an application that waits", waited).await.expect("the person applies");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn victims_of_a_deadlock_leave_nothing_half_written() {
    let (fleet, greedy) = fleet_and_person().await;
    let before = logged(&fleet, "deadlock detected");
    let holder = holder(&fleet, &greedy.person().id).await;
    let deadlock = async {
        until_it_is_waited_for(&fleet, &holder).await;
        // It waits for the person; now the holder waits for the job, whichever it is.
        holder.batch_execute("SELECT FROM jobs FOR UPDATE").await.expect("the application gives way");
        holder.batch_execute("ROLLBACK").await.expect("it goes on");
    };
    twins("A deadlock amid retries in flight", &fleet, &greedy, deadlock).await;
    assert!(logged(&fleet, "deadlock detected") > before, "there was no deadlock");
    fleet.give_back();
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn transactions_that_cannot_be_serialized_leave_nothing_half_written() {
    let (fleet, greedy) = fleet_and_person().await;
    let refused = "could not serialize access";
    let before = logged(&fleet, refused);
    let login = fleet.board.login(Part::Applications).expect("it has one");
    let client = database(&fleet).await;
    // From their next connection on.
    let isolate = |level: &str| format!("ALTER ROLE \"{login}\" SET default_transaction_isolation = '{level}'");
    client.batch_execute(&isolate("serializable")).await.expect("there is such a login");
    fleet.postgres.cut();
    twins("Transactions that cannot be serialized, amid retries in flight", &fleet, &greedy, async {}).await;
    client.batch_execute(&isolate("read committed")).await.expect("there is such a login");
    fleet.postgres.cut();
    assert!(logged(&fleet, refused) > before, "all could be serialized");
    fleet.give_back();
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn transactions_that_are_cut_leave_nothing_half_written() {
    let (fleet, greedy) = fleet_and_person().await;
    let before = refused(&fleet).await;
    let cut = async {
        fleet.postgres.delay(LATE);
        for _ in 0..CUTS {
            sleep(BETWEEN_CUTS).await;
            fleet.postgres.cut();
        }
        fleet.postgres.heal().expect("its port is ours");
    };
    twins("Connections cut again and again, amid retries in flight", &fleet, &greedy, cut).await;
    assert!(refused(&fleet).await > before, "no transaction was cut");
    fleet.give_back();
}
