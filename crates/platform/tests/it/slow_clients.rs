//! Clients that are slow, or ask nothing at all: they are cut or bounded, and others are served.

use std::time::{Duration, Instant};

use testbed::wait;

use super::support::{Connection, Request, Running, bare, get};

/// A head has 10 s, and a worker looks once a second.
const CUT: Duration = Duration::from_secs(20);

async fn others_are_served(function: &Running) {
    assert_eq!(function.get("/work/1").await.status, 200, "{}", function.output());
    assert_eq!(function.get("/healthz").await.status, 200);
}

async fn cut(function: &Running, what: &str) -> f64 {
    function.metric(&format!(r#"board_slow_clients_cut_total{{what="{what}"}}"#)).await.unwrap_or(0.0)
}

async fn open(function: &Running) -> f64 {
    function.metric("board_client_connections").await.expect("it is told")
}

#[tokio::test]
async fn whoever_lets_a_head_trickle_in_over_a_kept_connection_is_told_so_and_cut() {
    let function = bare().ready().await;
    let mut connection = Connection::open(function.address).await.expect("it listens");
    assert_eq!(connection.ask(&Request::new("GET", "/work/1")).await.expect("an answer").status, 200);
    connection.send("GET /work/1 HTTP/1.1\r\nX-Slow: ").await.expect("it reads");
    let began = Instant::now();
    let mut trickle = tokio::time::interval(Duration::from_millis(500));
    let told = tokio::time::timeout(CUT, async {
        loop {
            tokio::select! {
                biased;
                read = connection.receive() => return read,
                _ = trickle.tick() => {}
            }
            connection.send("x").await?;
        }
    });
    assert!(told.await.expect("it does not wait for ever").is_ok_and(|bytes| bytes > 0), "it is told");
    assert!(began.elapsed() >= Duration::from_secs(9), "after {:?}", began.elapsed());
    let answer = connection.answer().await.expect("it is whole");
    assert!(answer.status == 408 && answer.problem() == "request-timeout" && answer.closes(), "{answer:?}");
    assert_eq!(connection.receive().await.unwrap_or(0), 0, "and its connection ends");
    others_are_served(&function).await;
    assert!(cut(&function, "head").await >= 1.0, "{}", function.metrics_page().await);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_cut_and_its_client_told() {
    let function = bare().ready().await;
    let whole = Request::post("/echo", r#"{"text":"x"}"#).text();
    let mut connection = Connection::open(function.address).await.expect("it listens");
    connection.send(&whole[..whole.len() - 3]).await.expect("it reads");
    others_are_served(&function).await;
    let answer = connection.answer().await.expect("it is told");
    assert_eq!((answer.status, answer.problem().as_str()), (408, "request-timeout"));
    assert!(answer.closes(), "{}", answer.head);
    assert!(cut(&function, "body").await >= 1.0);
}

/// A connection that nobody reads is reset by what is sent over it, at once on one machine.
const RESET: Duration = Duration::from_millis(100);

/// Guards: linger.
#[tokio::test]
async fn whoever_is_refused_while_sending_may_finish_and_reads_the_whole_answer() {
    let function = bare().ready().await;
    for (path, bytes, status) in [("/nowhere", 60_000, 404), ("/echo", 1_000_000, 413)] {
        let wrong = Request::post(path, "x".repeat(bytes)).text();
        let (first, rest) = wrong.split_at(wrong.len() / 2);
        let mut connection = Connection::open(function.address).await.expect("it listens");
        connection.send(first).await.expect("it reads");
        let answer = connection.answer().await.expect("the whole answer");
        assert!(answer.status == status && answer.closes(), "{answer:?}");
        assert_eq!(connection.receive().await.expect("no reset"), 0, "that was all");
        for piece in [&rest[..rest.len() / 2], &rest[rest.len() / 2..]] {
            connection.send(piece).await.expect("it still reads");
            tokio::time::sleep(RESET).await;
        }
        assert_eq!(connection.receive().await.expect("no reset"), 0, "an orderly end");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_cut() {
    let function = bare().ready().await;
    let mut connection = Connection::open(function.address).await.expect("it listens");
    // More than the buffers of both systems hold.
    connection.send(&Request::new("GET", "/bytes/50000000").text()).await.expect("it reads");
    wait::until(CUT, "cut", async || cut(&function, "answer").await >= 1.0).await.expect("it does not wait for ever");
    wait::until(CUT, "closed", async || open(&function).await < 1.5).await.expect("its connection is closed");
    others_are_served(&function).await;
}

#[tokio::test]
async fn idle_connections_on_three_quarters_of_the_files_are_kept_and_others_served() {
    let function = bare().below_hard_limit(1_024).ready().await;
    let mut idle = Vec::new();
    for _ in 0..768 {
        let mut connection = Connection::open(function.address).await.expect("it listens");
        assert_eq!(connection.ask(&Request::new("GET", "/version")).await.expect("an answer").status, 200);
        idle.push(connection);
        others_are_served(&function).await;
    }
    assert!(open(&function).await >= 768.0, "{}", function.metrics_page().await);
    let last = idle.first_mut().expect("there are some").ask(&Request::new("GET", "/version")).await;
    assert_eq!(last.expect("it was kept").status, 200);
}

/// Guards: connection bound.
#[tokio::test]
async fn more_connections_than_files_leave_the_process_its_own_and_newcomers_get_in() {
    let function = bare().below_hard_limit(256).ready().await;
    let mut idle = Vec::new();
    for _ in 0..400 {
        // What is not taken waits in the system's queue.
        idle.push(Connection::open(function.address).await.expect("the system takes it"));
    }
    wait::until(CUT, "taken", async || open(&function).await >= 160.0).await.expect("as many as may be");
    assert!(open(&function).await <= 192.0, "a quarter of the files stay the process's own");
    let made_room = async || tokio::time::timeout(CUT, get(function.address, "/work/1")).await.is_ok();
    wait::until(CUT * 2, "a newcomer is served", made_room).await.expect("those that ask nothing make room");
    drop(idle);
}
