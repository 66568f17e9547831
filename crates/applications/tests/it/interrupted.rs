//! Applications that end in the middle: all of one is there, or nothing, and the next try succeeds.

use testbed::board::Part;
use testbed::http::{Answer, Client};
use testbed::port::free_port;
use testbed::proxy::Proxy;
use testbed::wait;
use tokio::task::JoinHandle;

use super::board::{Board, Employer, PATIENCE, Someone};

const NOTHING: [i64; 3] = [0, 0, 0];
const ALL: [i64; 3] = [1, 1, 2];

/// Somebody beside the function, who holds the job's row: an application has written all its rows when it comes to
/// look whether the job is still there.
async fn holder(board: &Board<'_>, employer: &Employer) -> tokio_postgres::Client {
    let holder = board.running.whole.client().await.expect("a connection");
    let hold =
        format!("SET deadlock_timeout = '30s'; BEGIN; SELECT 1 FROM jobs WHERE id = '{}' FOR UPDATE", employer.job);
    holder.batch_execute(&hold).await.expect("the row is there");
    holder
}

/// An application that waits for the holder; its backend.
async fn under_way(
    board: &Board<'_>,
    who: &Someone,
    api: Client,
    employer: &Employer,
    holder: &tokio_postgres::Client,
) -> (JoinHandle<Answer>, i32) {
    let who = Someone { person: who.person.clone(), applications: api };
    let job = employer.job.clone();
    let asked = tokio::spawn(async move { who.apply(&job, "A letter").await });
    (asked, board.kept_waiting_by(holder).await)
}

#[tokio::test]
async fn an_application_that_is_a_deadlocks_victim_leaves_nothing() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let holder = holder(&board, &employer).await;
    let (asked, _) = under_way(&board, &ada, ada.applications.clone(), &employer, &holder).await;
    // It waits for the job; now the holder waits for the application of this person for this job.
    let same = format!(
        "INSERT INTO applications (id, job_id, person_id, letter)
         VALUES (gen_random_uuid(), '{}', '{}', 'Another letter')",
        employer.job, ada.person.id
    );
    holder.batch_execute(&same).await.expect("the function gives way");
    let answer = asked.await.expect("the client lives");
    answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|wait| wait > 0), "{answer:?}");
    holder.batch_execute("ROLLBACK").await.expect("it goes on");
    assert_eq!(board.written(&ada).await, NOTHING);
    let log = board.running.whole.servers.postgres.own().expect("our own server").log_text();
    assert!(log.contains("deadlock detected"), "{log}");
    ada.apply(&employer.job, "A letter").await.expect(201);
    assert_eq!(board.written(&ada).await, ALL);
}

#[tokio::test]
async fn an_application_whose_connection_is_cut_is_there_as_a_whole_or_not_at_all() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let whole = &board.running.whole;
    let server = whole.servers.postgres.own().expect("our own server").address();
    let proxy = Proxy::start(server).expect("it listens");
    let database = whole.database_url(Part::Applications).replace(&server.to_string(), &proxy.address().to_string());
    let listen = format!("127.0.0.1:{}", free_port());
    let second = whole.command(Part::Applications).expect("a binary").env("DATABASE_URL", database);
    let second = second.env("LISTEN", &listen).env("METRICS_LISTEN", format!("127.0.0.1:{}", free_port()));
    let process = second.start().expect("it starts");
    process.wait_until_ok(&format!("http://{listen}/readyz"), PATIENCE).await.expect("it is ready");
    let http = platform::http::client::stack().expect("an HTTP stack");
    let behind_proxy = Client::new(http, format!("http://{listen}")).with_token(&ada.person.token);

    let holder = holder(&board, &employer).await;
    let (asked, pid) = under_way(&board, &ada, behind_proxy, &employer, &holder).await;
    proxy.cut();
    let answer = asked.await.expect("the client lives");
    answer.problem(503, "outcome-unknown");
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|wait| wait > 0), "{answer:?}");
    holder.batch_execute("ROLLBACK").await.expect("it goes on");
    let ended = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    wait::until(PATIENCE, "the end of its backend", async || board.number(&ended).await == 0).await.expect("it ends");

    let written = board.written(&ada).await;
    assert!([NOTHING, ALL].contains(&written), "{written:?}");
    let again = ada.apply(&employer.job, "A letter").await;
    if written == ALL {
        again.problem(409, "already-applied")
    } else {
        again.expect(201)
    };
    assert_eq!(board.written(&ada).await, ALL);
}
