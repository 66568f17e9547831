//! The bound on requests at work.

use std::sync::Arc;
use std::time::Duration;

use testbed::http::Answer;
use testbed::load::open_loop::{OpenLoop, Outcome};
use testbed::load::{Ask, Lost, Script};
use testbed::wait;
use tokio::sync::Mutex;

use super::support::{Connection, Request, Running, SOON, bare, database};

async fn at_work(function: &Running) -> f64 {
    function.metric("board_requests_at_work").await.expect("it is told")
}

async fn wait_for_work(function: &Running, many: f64) {
    wait::until(SOON, "at work", async || (at_work(function).await - many).abs() < 0.5).await.expect("they are");
}

#[tokio::test]
async fn past_the_bound_a_request_is_refused_at_once_and_probes_are_not() {
    let function = bare().env("AT_WORK_MAX", "3").ready().await;
    let address = function.address;
    let work: Vec<_> =
        (0..3).map(|_| tokio::spawn(async move { super::support::get(address, "/work/8000").await })).collect();
    wait_for_work(&function, 3.0).await;
    let refused = function.get("/work/1").await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(refused.json()["type"], "/problems/overloaded");
    for path in ["/healthz", "/readyz", "/routable", "/version"] {
        assert_eq!(function.get(path).await.status, 200, "{path}");
    }
    let mut kept = Connection::open(function.address).await.expect("it listens");
    for _ in 0..3 {
        let post = Request::post("/echo", r#"{"text":"x"}"#);
        assert_eq!(kept.ask(&post).await.expect("the connection is kept").status, 503);
    }
    for work in work {
        assert_eq!(work.await.expect("it ends").status, 200);
    }
    wait_for_work(&function, 0.0).await;
    assert_eq!(function.get("/work/1").await.status, 200);
    assert_eq!(function.metric("board_requests_overloaded_total").await, Some(4.0));
    let problems = r#"board_problems_total{problem="overloaded",route="unmatched"}"#;
    assert_eq!(function.metric(problems).await, Some(4.0));
}

#[tokio::test]
async fn refusals_have_no_lines_of_their_own_and_one_a_second_for_all() {
    let function = bare().env("AT_WORK_MAX", "1").ready().await;
    let mut holder = Connection::open(function.address).await.expect("it listens");
    holder.send(&Request::new("GET", "/work/8000").text()).await.expect("it reads");
    wait_for_work(&function, 1.0).await;
    for _ in 0..50 {
        assert_eq!(function.get("/work/1").await.status, 503);
    }
    let told = async || {
        let lines = function.lines().into_iter().filter(|line| line["message"] == "overloaded");
        let counts: Vec<u64> = lines.filter_map(|line| line["refused"].as_u64()).collect();
        (counts.iter().sum::<u64>() == 50).then_some(counts.len())
    };
    let lines = wait::until_some(SOON, "all are told", told).await.expect("none is lost");
    assert!(lines <= 10, "{lines} lines");
    assert!(function.requests("GET /work/{ms}").is_empty(), "{}", function.output());
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_its_place() {
    let function = bare().env("AT_WORK_MAX", "1").ready().await;
    let mut holder = Connection::open(function.address).await.expect("it listens");
    holder.send(&Request::new("GET", "/work/9000").text()).await.expect("it reads");
    wait_for_work(&function, 1.0).await;
    drop(holder);
    wait_for_work(&function, 0.0).await;
}

#[tokio::test]
async fn slow_bodies_keep_nobody_from_working() {
    let function = bare().env("AT_WORK_MAX", "2").ready().await;
    let whole = Request::post("/echo", r#"{"text":"x"}"#).text();
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut connection = Connection::open(function.address).await.expect("it listens");
        connection.send(&whole[..whole.len() - 3]).await.expect("it reads");
        slow.push(connection);
        // The worker takes them one after the other: this one is read, and waiting for its body.
        assert_eq!(function.get("/work/1").await.status, 200);
    }
    for connection in &mut slow {
        connection.send(&whole[whole.len() - 3..]).await.expect("it reads");
        assert_eq!(connection.answer().await.expect("it is answered").status, 200);
    }
}

#[tokio::test]
async fn more_slow_bodies_than_fit_keep_out_nobody_whose_body_comes_a_little_later() {
    // Of two at work, eight bodies.
    let function = bare().env("AT_WORK_MAX", "2").ready().await;
    let whole = Request::post("/echo", r#"{"text":"x"}"#).text();
    let (most, rest) = whole.split_at(whole.len() - 3);
    let begin = async || {
        let mut connection = Connection::open(function.address).await.expect("it listens");
        connection.send(most).await.expect("it reads");
        // The worker takes them one after the other: this one is read, and waiting for its body.
        assert_eq!(function.get("/work/1").await.status, 200);
        connection
    };
    let mut slow = Vec::new();
    for _ in 0..11 {
        slow.push(begin().await);
    }
    let mut late = begin().await;
    late.send(rest).await.expect("it reads");
    assert_eq!(late.answer().await.expect("it is answered").status, 200);
    for (number, connection) in slow.iter_mut().enumerate() {
        let answer = connection.answer().await.expect("it is told");
        assert!(answer.status == 408 && answer.closes(), "{number}: {answer:?}");
    }
    let cut = function.metric(r#"board_slow_clients_cut_total{what="body"}"#).await;
    assert_eq!(cut, Some(11.0), "each once, to make room or after its time");
    assert_eq!(function.metric("board_requests_overloaded_total").await, Some(0.0));
}

/// Reads that go through the pool. Their statuses are counted.
struct Rows;

impl Script for Rows {
    fn ask(&self, _: u64) -> Ask {
        Ask::get("/rows")
    }

    fn judge(&self, _: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        answer.map(|_| "answered").map_err(ToString::to_string)
    }
}

/// As many as come.
async fn load(function: &Running, rate: f64, connections: usize, seconds: f64) -> Outcome {
    let (script, lasts) = (Arc::new(Rows), Duration::from_secs_f64(seconds));
    OpenLoop { address: function.address, script, first: 0, rate, connections, lasts }.run().await
}

/// Asks the probes while a load runs: how many answers were not 200.
async fn probes_during<T>(function: &Running, load: impl Future<Output = T>) -> (T, usize) {
    let mut bad = 0;
    let probe = async {
        let mut round = tokio::time::interval(Duration::from_millis(200));
        loop {
            round.tick().await;
            for path in ["/healthz", "/routable"] {
                bad += usize::from(function.get(path).await.status != 200);
            }
        }
    };
    let outcome = tokio::select! {
        outcome = load => outcome,
        () = probe => unreachable!("it asks for ever"),
    };
    (outcome, bad)
}

/// Two loads at once would each measure the other.
static MACHINE: Mutex<()> = Mutex::const_new(());

/// What else runs on the machine can only make it look worse, so one good round of these is enough: without the bound,
/// or without a pace of refusals, none is anywhere near.
const ROUNDS: usize = 6;

#[tokio::test]
async fn at_five_times_what_it_can_carry_it_carries_nearly_as_much_and_in_good_time() {
    let _alone = MACHINE.lock().await;
    let database = database().await;
    // In a build without optimization a request takes ten times its time, so the bound is smaller for the same wait.
    let start = database.small().await.env("AT_WORK_MAX", "10").env("ADDRESS_REQUESTS_MAX", "1000000000");
    let function = start.env("RUST_LOG", "warn").ready().await;
    drop(load(&function, f64::INFINITY, 10, 1.0).await);
    let mut told = String::new();
    for _ in 0..ROUNDS {
        let best = load(&function, f64::INFINITY, 10, 2.0).await;
        let half = load(&function, best.rate(200) / 2.0, 256, 2.0).await;
        let (over, bad) = probes_during(&function, load(&function, best.rate(200) * 5.0, 256, 3.0)).await;
        told = format!("{told}best {}\nhalf {}\nover {}\n", best.summary(), half.summary(), over.summary());
        assert!(over.count(503) > 0 && bad == 0, "{bad} bad probes\n{told}");
        let p99 = over.p99(200).zip(half.p99(200));
        if over.rate(200) >= 0.9 * best.rate(200) && p99.is_some_and(|(over, half)| over <= 3 * half) {
            return;
        }
    }
    panic!("not once:\n{told}");
}

/// A refusal after a second would be one a second for each of these connections.
const CROWD: usize = 8_000;

/// As above, with a crowd that could ask for many more refusals than its worker has time for.
#[tokio::test]
async fn a_crowd_of_connections_takes_little_of_what_can_be_carried() {
    let _alone = MACHINE.lock().await;
    let database = database().await;
    let start = database.small().await.env("AT_WORK_MAX", "10").env("ADDRESS_REQUESTS_MAX", "1000000000");
    let function = start.env("RUST_LOG", "warn").ready().await;
    drop(load(&function, f64::INFINITY, 10, 1.0).await);
    let mut told = String::new();
    for _ in 0..ROUNDS {
        let best = load(&function, f64::INFINITY, 10, 2.0).await;
        let (over, bad) = probes_during(&function, load(&function, best.rate(200) * 5.0, CROWD, 6.0)).await;
        told = format!("{told}best {}\nover {}\n", best.summary(), over.summary());
        assert!(over.count(503) > 0 && bad == 0, "{bad} bad probes\n{told}");
        eprintln!("{told}");
        if over.rate(200) >= 0.85 * best.rate(200) {
            return;
        }
    }
    panic!("not once:\n{told}");
}
