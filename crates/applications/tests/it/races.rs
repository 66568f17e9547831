//! Two applications of one person at once, statement by statement: the function's own SQL over two connections.

use platform::http::idempotency::{CLAIM, LOOKUP};
use testbed::postgres::Stepper;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::board::{Board, Employer, Someone};

const LOCK: &str = include_str!("../../src/apply/store/lock.sql");
const APPLY: &str = include_str!("../../src/apply/store/apply.sql");
const ROUTE: &str = "POST /v1/jobs/{id}/applications";

/// Somebody's transaction.
struct Step<'a> {
    stepper: Stepper,
    person: Uuid,
    job: &'a str,
}

impl<'a> Step<'a> {
    async fn begin(board: &Board<'_>, who: &Someone, employer: &'a Employer) -> Self {
        let stepper = board.running.whole.stepper().await.expect("a connection");
        stepper.client.batch_execute("BEGIN").await.expect("it begins");
        Self { stepper, person: who.person.id.parse().expect("an id"), job: &employer.job }
    }

    async fn run(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        self.stepper.client.query(sql, params).await.expect(sql)
    }

    async fn lock(&self) {
        self.run(LOCK, &[&self.own_lock()]).await;
    }

    /// Tries to claim the key; whether it was free.
    async fn claim(&self) -> bool {
        self.run(CLAIM.sql, &[&!self.own_lock()]).await[0].get(0)
    }

    /// A number that only this person has.
    fn own_lock(&self) -> i64 {
        self.person.as_u64_pair().0.cast_signed()
    }

    /// The answer under the key.
    async fn answered(&self, key: &[u8]) -> Option<String> {
        self.run(LOOKUP.sql, &[&self.person, &ROUTE, &key]).await.first().map(|row| row.get("body"))
    }

    /// Applies, under a key or none; the answer, if it was made, and how many were counted before.
    async fn apply(&self, key: Option<&[u8]>) -> (Option<String>, i64) {
        let (id, mail, job): (Uuid, Uuid, Uuid) = (Uuid::new_v4(), Uuid::new_v4(), self.job.parse().expect("an id"));
        let (place, span, limit) = (10_i32, 3_600_f64, 10_i64);
        let params: [&(dyn ToSql + Sync); 14] = [
            &id,
            &job,
            &self.person,
            &"Dear all",
            &mail,
            &24_i32,
            &None::<&str>,
            &place,
            &span,
            &limit,
            &key,
            &key,
            &ROUTE,
            &None::<&str>,
        ];
        let row = &self.run(APPLY, &params).await[0];
        (row.get("body"), row.get("used"))
    }

    async fn commit(&self) {
        self.stepper.client.batch_execute("COMMIT").await.expect("it commits");
    }
}

/// Somebody who has applied nine times, and two more jobs.
async fn nine(board: &Board<'_>) -> (Someone, [Employer; 2]) {
    let ada = board.someone().await;
    for _ in 0..9 {
        ada.apply(&board.employer().await.job, "Dear all").await.expect(201);
    }
    (ada, [board.employer().await, board.employer().await])
}

#[tokio::test]
async fn the_second_of_two_tenth_applications_waits_and_then_counts_the_first() {
    let board = Board::new().await;
    let (ada, [one, other]) = nine(&board).await;
    let (first, second) = (Step::begin(&board, &ada, &one).await, Step::begin(&board, &ada, &other).await);
    first.lock().await;
    assert!(matches!(first.apply(None).await, (Some(_), 9)));
    let waiting = second.stepper.waits(second.lock()).await.expect("it waits");
    first.commit().await;
    waiting.end().await;
    assert_eq!(second.apply(None).await, (None, 10));
    second.commit().await;
    assert_eq!(board.written(&ada).await[0], 10);
}

#[tokio::test]
async fn without_the_lock_both_would_get_in() {
    // Otherwise the test before this one would prove nothing.
    let board = Board::new().await;
    let (ada, [one, other]) = nine(&board).await;
    let (first, second) = (Step::begin(&board, &ada, &one).await, Step::begin(&board, &ada, &other).await);
    assert!(matches!(first.apply(None).await, (Some(_), 9)));
    assert!(matches!(second.apply(None).await, (Some(_), 9)));
    first.commit().await;
    second.commit().await;
    assert_eq!(board.written(&ada).await[0], 11);
}

#[tokio::test]
async fn whose_key_is_at_work_neither_waits_nor_works_and_gets_its_answer_later() {
    let board = Board::new().await;
    let (ada, employer, key) = (board.someone().await, board.employer().await, [7_u8; 32]);
    let (first, second) = (Step::begin(&board, &ada, &employer).await, Step::begin(&board, &ada, &employer).await);
    assert!(first.claim().await && first.answered(&key).await.is_none());
    first.lock().await;
    let (Some(answer), 0) = first.apply(Some(&key)).await else { panic!("it was not made") };
    assert!(!second.claim().await && second.answered(&key).await.is_none());
    // Not for the person's lock either: these end at once.
    second.lock().await;
    assert_eq!(second.apply(Some(&key)).await, (None, 0));
    second.commit().await;
    first.commit().await;
    let again = Step::begin(&board, &ada, &employer).await;
    assert!(again.claim().await);
    assert_eq!(again.answered(&key).await, Some(answer));
    assert_eq!(again.apply(Some(&key)).await, (None, 1), "what was answered is not made again");
    again.commit().await;
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
}
