//! Five mails an hour for each client and address: more are answered alike and not sent, and nobody is locked out.

use serde_json::json;
use testbed::board::Board as Whole;
use testbed::http::{Answer, Client};
use testbed::redis;
use tokio_postgres::Client as Rows;

use super::board::{Board, address};
use super::own::{Own, metric};

/// Addresses of clients, as Fly's proxy tells them.
const HERE: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.9";

async fn command(url: &str, words: &[&str]) -> String {
    redis::command(url, words).await.expect("Redis answers")
}

async fn asked(api: &Client, from: &str, email: &str) -> Answer {
    let request = api.request(reqwest::Method::POST, "/v1/sign-in").header("Fly-Client-IP", from);
    let answer = Answer::to(request.json(&json!({ "email": email }))).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    answer
}

/// How many mails to an address, however it is written, were put into the outbox.
async fn mails(rows: &Rows, email: &str) -> i64 {
    let sql = "SELECT count(*) FROM sign_ins s JOIN outbox o ON o.reason = 'sign-in:' || s.id
               WHERE lower(s.email) = lower($1)";
    rows.query_one(sql, &[&email]).await.expect("a count").get(0)
}

/// Does it again until Redis answers everybody meanwhile, ten times at most; the last time judges. Where a busy machine
/// makes Redis miss its time, it is left alone for a second, and counts for nobody.
async fn while_redis_answers<T>(whole: &Whole, round: impl AsyncFn() -> T) -> T {
    let unanswered = async || {
        let all = metric(whole, "redis_commands_total", "").await;
        all - metric(whole, "redis_commands_total", "answered").await
    };
    for _ in 0..9 {
        let before = unanswered().await;
        let told = round().await;
        if unanswered().await == before {
            return told;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    round().await
}

/// Guards: loose quota.
#[tokio::test]
async fn the_sixth_is_answered_like_the_fifth_and_not_mailed() {
    let board = Board::new().await;
    let headers = |answer: &Answer| {
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    let six = async || {
        let (email, mut answers) = (address(), Vec::new());
        for number in 1..=5 {
            answers.push(asked(&board.api, HERE, &email).await);
            assert_eq!(mails(&board.rows, &email).await, number);
        }
        answers.push(asked(&board.api, HERE, &email).await);
        (answers, mails(&board.rows, &email).await)
    };
    let (answers, mailed) = while_redis_answers(board.whole, six).await;
    assert_eq!(mailed, 5, "the sixth was mailed");
    assert_eq!(headers(&answers[4]), headers(&answers[5]));
}

#[tokio::test]
async fn another_spelling_of_the_address_is_no_other_mailbox() {
    let board = Board::new().await;
    let six = async || {
        let email = address();
        for spelling in [email.clone(), email.to_uppercase(), email.replace("people", "PEOPLE")] {
            for _ in 0..2 {
                asked(&board.api, HERE, &spelling).await;
            }
        }
        mails(&board.rows, &email).await
    };
    assert_eq!(while_redis_answers(board.whole, six).await, 5);
}

#[tokio::test]
async fn a_stranger_elsewhere_uses_up_nobody_elses() {
    let board = Board::new().await;
    let ten = async || {
        let email = address();
        for _ in 0..9 {
            asked(&board.api, HERE, &email).await;
        }
        asked(&board.api, ELSEWHERE, &email).await;
        mails(&board.rows, &email).await
    };
    assert_eq!(while_redis_answers(board.whole, ten).await, 6, "the owner gets one");
    let other = address();
    asked(&board.api, HERE, &other).await;
    assert_eq!(mails(&board.rows, &other).await, 1, "so does another address");
}

/// On a board of its own: so many at once are a burst for everybody.
#[tokio::test]
async fn many_at_once_get_five() {
    let own = Own::start(&[("CLIENT_ADDRESS", "fly")]).await;
    let rows = own.whole.client().await.expect("a connection");
    let twenty = async || {
        let email = address();
        futures_util::future::join_all((0..20).map(|_| asked(&own.api, HERE, &email))).await;
        mails(&rows, &email).await
    };
    assert_eq!(while_redis_answers(&own.whole, twenty).await, 5);
}

#[tokio::test]
async fn the_five_links_stay_good() {
    let board = Board::new().await;
    let seven = async || {
        let email = address();
        for _ in 0..7 {
            asked(&board.api, HERE, &email).await;
        }
        board.links(&email).await
    };
    let links = while_redis_answers(board.whole, seven).await;
    assert_eq!(links.len(), 5);
    for token in links {
        board.api.post("/v1/sessions", &json!({ "token": token })).await.expect(201);
    }
}

#[tokio::test]
async fn what_was_not_mailed_does_not_count_and_without_redis_mails_go_on() {
    let mut own = Own::start(&[]).await;
    let email = address();
    own.lose().await;
    for _ in 0..6 {
        let answer = own.api.post("/v1/sign-in", &json!({ "email": email })).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    own.restore().await;
    let back = async || own.api.post("/v1/sign-in", &json!({ "email": address() })).await.status == 202;
    testbed::wait::until(super::board::PATIENCE, "mails again", back).await.expect("it comes back by itself");
    let rows = own.whole.client().await.expect("a connection");
    for _ in 0..6 {
        asked(&own.api, HERE, &email).await;
    }
    assert_eq!(mails(&rows, &email).await, 5);
    let refused = own.metric("quota_verdicts_total", r#"quota="sign-in",verdict="refused""#).await;
    assert!((refused - 1.0).abs() < 0.5, "{refused}");
    own.whole.servers.redis.own().expect("a server of our own").kill();
    for _ in 0..3 {
        asked(&own.api, HERE, &email).await;
    }
    assert_eq!(mails(&rows, &email).await, 8, "a limit that cannot be counted refuses nobody");
}

#[tokio::test]
async fn redis_is_told_no_address_and_forgets_after_an_hour() {
    let own = Own::start(&[("CLIENT_ADDRESS", "fly")]).await;
    let url = own.whole.servers.redis_url();
    let email = address();
    asked(&own.api, HERE, &email).await;
    let keys = command(&url, &["KEYS", "*"]).await;
    let key = keys.lines().find(|line| line.starts_with("quota:sign-in:")).expect("it is counted").to_owned();
    assert!(key.len() == "quota:sign-in:".len() + 64, "{key}");
    let local = email.split('@').next().expect("a local part");
    for secret in ["@", local, HERE, "198.51", "c6336407"] {
        assert!(!keys.contains(secret), "{secret} stands in {keys}");
    }
    let seconds = async || {
        let told = command(&url, &["TTL", &key]).await;
        let number = told.lines().next().and_then(|line| line.strip_prefix(':'));
        number.and_then(|number| number.parse::<i64>().ok()).expect("seconds")
    };
    assert!((3_590..=3_600).contains(&seconds().await));
    // The hour begins with the first, and none of the later ones begins it anew.
    command(&url, &["EXPIRE", &key, "100"]).await;
    asked(&own.api, HERE, &email).await;
    assert!(seconds().await <= 100);
    assert!(!own.process.output().contains(&key), "it was logged");
}
