//! Changes that end in the middle: nothing of them is left, and the next try succeeds.

use serde_json::json;
use testbed::board::Board as Whole;
use testbed::http::{Answer, Client};
use testbed::wait;
use tokio::task::JoinHandle;

use super::board::PATIENCE;
use super::own::Own;

/// Somebody beside the function, who wins: the function's own wait ends first.
const RIVAL: &str = "SET deadlock_timeout = '30s'; BEGIN";

/// A published job, whoever competes with its members, and whoever looks at both.
struct Contest {
    own: Own,
    id: String,
    path: String,
    rival: tokio_postgres::Client,
    rows: tokio_postgres::Client,
}

impl Contest {
    /// The function's transactions have the isolation that is named.
    async fn start(isolation: &str) -> Self {
        let whole = Whole::temporary().await.expect("a board");
        let rows = whole.client().await.expect("a connection");
        let level = format!("ALTER ROLE board_api_login SET default_transaction_isolation = '{isolation}'");
        rows.batch_execute(&level).await.expect("the login is there");
        let own = Own::on(whole, &[]).await;
        let id = own.ada.published(&own.ada.company().await).await;
        let rival = own.whole.client().await.expect("a connection");
        rival.batch_execute(RIVAL).await.expect("it begins");
        Self { path: format!("/v1/jobs/{id}"), own, id, rival, rows }
    }

    /// A change of the title, under way until the rival lets it go on; its backend.
    async fn change(&self) -> (JoinHandle<Answer>, i32) {
        let (api, path): (Client, String) = (self.own.ada.api.clone(), self.path.clone());
        let asked = tokio::spawn(async move { api.patch(&path, &json!({ "title": "Half" })).await });
        let waiting = "SELECT pid FROM pg_stat_activity
                       WHERE application_name = 'api/pool' AND wait_event_type = 'Lock'";
        let pid = async || Some(self.rows.query_opt(waiting, &[]).await.ok()??.get(0));
        (asked, wait::until_some(PATIENCE, "a change that waits", pid).await.expect("it is under way"))
    }

    /// The change failed, the title is what it was, and changing it once more does.
    async fn left_nothing(&self, asked: JoinHandle<Answer>, title: &str) {
        let answer = asked.await.expect("the client lives");
        answer.problem(503, "unavailable");
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|wait| wait > 0), "{answer:?}");
        self.rival.batch_execute("COMMIT").await.expect("the rival goes on");
        assert_eq!(self.own.api.get(&self.path).await.expect(200)["title"], title);
        let again = self.own.ada.api.patch(&self.path, &json!({ "title": "Whole" })).await;
        assert_eq!(again.expect(200)["title"], "Whole");
    }

    /// Nobody may write to the table. Rows can still be locked.
    async fn bar(&self) {
        self.rival.batch_execute("LOCK TABLE jobs IN SHARE MODE").await.expect("it is locked");
    }
}

#[tokio::test]
async fn a_change_that_is_a_deadlocks_victim_leaves_nothing() {
    let contest = Contest::start("read committed").await;
    contest.bar().await;
    let (asked, _) = contest.change().await;
    // The change holds the row and waits for the table; now the rival holds the table and waits for the row.
    let row = format!("SELECT 1 FROM jobs WHERE id = '{}' FOR UPDATE", contest.id);
    contest.rival.batch_execute(&row).await.expect("the change gives way");
    contest.left_nothing(asked, "Carpenter").await;
    assert!(contest.own.postgres().log_text().contains("deadlock detected"));
}

#[tokio::test]
async fn a_change_whose_connection_is_cut_in_mid_transaction_leaves_nothing() {
    let contest = Contest::start("read committed").await;
    contest.bar().await;
    let (asked, pid) = contest.change().await;
    contest.rows.execute("SELECT pg_terminate_backend($1)", &[&pid]).await.expect("it is ended");
    contest.left_nothing(asked, "Carpenter").await;
}

#[tokio::test]
async fn a_change_that_cannot_be_serialized_leaves_nothing() {
    let contest = Contest::start("repeatable read").await;
    let rename = format!("UPDATE jobs SET title = 'Joiner' WHERE id = '{}'", contest.id);
    contest.rival.batch_execute(&rename).await.expect("the rival is first");
    let (asked, _) = contest.change().await;
    contest.rival.batch_execute("COMMIT").await.expect("the row is another now");
    contest.left_nothing(asked, "Joiner").await;
    assert!(contest.own.postgres().log_text().contains("could not serialize access"));
}
