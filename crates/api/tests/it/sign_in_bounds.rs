//! How many links may be on their way: to an address, for a client, in all. Nobody is locked out, and where no mail will
//! come the answer says so.

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use testbed::http::{Answer, Client};
use tokio_postgres::Client as Rows;

use super::board::{Board, address};
use super::own::Own;

/// Addresses of clients, as Fly's proxy tells them.
const HERE: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.9";

async fn asked(api: &Client, from: &str, email: &str) -> Answer {
    let request = api.request(reqwest::Method::POST, "/v1/sign-in").header("Fly-Client-IP", from);
    Answer::to(request.json(&json!({ "email": email }))).await
}

async fn mailed(api: &Client, from: &str, email: &str) {
    let answer = asked(api, from, email).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
}

/// That no further mail comes, by this bound; in how many seconds there is room again.
fn refused(answer: &Answer, bound: &str, limit: u32) -> u64 {
    answer.problem(429, "too-many-sign-in-mails");
    assert_eq!(answer.header("ratelimit-policy"), format!("\"{bound}\";q={limit};w=900"));
    let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
    assert_eq!(answer.header("ratelimit"), format!("\"{bound}\";r=0;t={seconds}"));
    assert!((1..=900).contains(&seconds), "{seconds}");
    seconds
}

/// How many mails to an address, however it is written, were put into the outbox.
async fn mails(rows: &Rows, email: &str) -> i64 {
    let sql = "SELECT count(*) FROM sign_ins s JOIN outbox o ON o.reason = 'sign-in:' || s.id
               WHERE s.email_key = lower($1)";
    rows.query_one(sql, &[&email]).await.expect("a count").get(0)
}

/// A board of a test's own: what it fills is full for everybody.
async fn own(settings: &[(&str, &str)]) -> (Own, Rows) {
    let settings = [&[("CLIENT_ADDRESS", "fly")], settings].concat();
    let own = Own::start(&settings).await;
    let rows = own.whole.client().await.expect("a connection");
    (own, rows)
}

async fn use_up(api: &Client, token: &str) {
    api.post("/v1/sessions", &json!({ "token": token })).await.expect(201);
}

/// Guards: sign-in mail bounds.
#[tokio::test]
async fn many_clients_get_five_mails_to_one_address_and_the_others_are_told() {
    let board = Board::new().await;
    let email = address();
    let mut answers = Vec::new();
    for client in 0..9 {
        answers.push(asked(&board.api, &format!("192.0.2.{client}"), &email).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [202, 202, 202, 202, 202, 429, 429, 429, 429]);
    refused(&answers[5], "sign-in-address", 5);
    assert_eq!(mails(&board.rows, &email).await, 5);
    // Whoever has the mailbox gets in by each of them, and the first that is used makes room.
    for token in board.links(&email).await {
        use_up(&board.api, &token).await;
    }
    mailed(&board.api, HERE, &email).await;
}

#[tokio::test]
async fn five_used_links_do_not_keep_the_sixth_away() {
    let board = Board::new().await;
    let email = address();
    for _ in 0..12 {
        let token = board.link(&email).await;
        use_up(&board.api, &token).await;
    }
    assert_eq!(mails(&board.rows, &email).await, 12);
}

#[tokio::test]
async fn another_spelling_of_the_address_is_no_other_mailbox() {
    let board = Board::new().await;
    let email = address();
    for spelling in
        [email.clone(), email.to_uppercase(), email.replace("people", "PEOPLE"), email.clone(), email.clone()]
    {
        mailed(&board.api, HERE, &spelling).await;
    }
    refused(&asked(&board.api, HERE, &email.to_uppercase()).await, "sign-in-address", 5);
}

#[tokio::test]
async fn what_expired_never_left_or_was_refused_does_not_count_against_the_person() {
    let board = Board::new().await;
    let of = |email: &str| format!("(SELECT 'sign-in:' || id FROM sign_ins WHERE email = '{email}')");
    for ended in [
        "UPDATE sign_ins SET expires_at = clock_timestamp() WHERE 'sign-in:' || id IN OF",
        "UPDATE outbox SET state = 'dead', error = 'validation_error', settled_at = now() WHERE reason IN OF",
        "UPDATE outbox SET state = 'expired', settled_at = now() WHERE reason IN OF",
        // No worker has looked for so long that it is not worth sending.
        "UPDATE outbox SET send_before = clock_timestamp() WHERE reason IN OF",
    ] {
        let email = address();
        for _ in 0..5 {
            mailed(&board.api, HERE, &email).await;
        }
        assert_eq!(asked(&board.api, HERE, &email).await.status, 429, "{ended}");
        board.run(&ended.replace("OF", &of(&email))).await;
        mailed(&board.api, HERE, &email).await;
    }
    for counts in ["state = 'sent', provider_id = 're_1'", "state = 'uncertain', error = 'outcome_unknown'"] {
        let email = address();
        for _ in 0..5 {
            mailed(&board.api, HERE, &email).await;
        }
        board.run(&format!("UPDATE outbox SET {counts}, settled_at = now() WHERE reason IN {}", of(&email))).await;
        assert_eq!(asked(&board.api, HERE, &email).await.status, 429, "{counts}");
    }
}

#[tokio::test]
async fn who_comes_back_when_told_gets_a_mail() {
    let board = Board::new().await;
    let email = address();
    for _ in 0..5 {
        mailed(&board.api, HERE, &email).await;
    }
    let told = refused(&asked(&board.api, HERE, &email).await, "sign-in-address", 5);
    assert!((880..=900).contains(&told), "{told}");
    let soon = "UPDATE sign_ins SET expires_at = clock_timestamp() + interval '2 seconds'
                WHERE id = (SELECT id FROM sign_ins WHERE email = 'EMAIL' ORDER BY created_at LIMIT 1)";
    board.run(&soon.replace("EMAIL", &email)).await;
    let told = refused(&asked(&board.api, HERE, &email).await, "sign-in-address", 5);
    assert!((1..=2).contains(&told), "{told}");
    tokio::time::sleep(std::time::Duration::from_secs(told)).await;
    mailed(&board.api, HERE, &email).await;
}

#[tokio::test]
async fn at_its_bound_a_known_address_is_answered_like_an_unknown_one() {
    let board = Board::new().await;
    let known = board.someone().await.person.email;
    let mut told = Vec::new();
    for email in [known, address()] {
        for _ in 0..5 {
            mailed(&board.api, HERE, &email).await;
        }
        let answer = asked(&board.api, ELSEWHERE, &email).await;
        refused(&answer, "sign-in-address", 5);
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let mut body: serde_json::Value = serde_json::from_str(&answer.text).expect("JSON");
        body["trace_id"] = json!(null);
        told.push((names, body));
    }
    assert_eq!(told[0], told[1]);
}

/// Guards: sign-in lock.
#[tokio::test]
async fn of_many_at_once_exactly_five_are_mailed() {
    let (own, rows) = own(&[]).await;
    for _ in 0..3 {
        let email = address();
        join_all((0..20).map(|_| asked(&own.api, HERE, &email))).await;
        assert_eq!(mails(&rows, &email).await, 5);
    }
}

/// One client asks for 400 mails at once, to as many addresses; somebody else asks meanwhile.
#[tokio::test]
async fn one_client_fills_one_batch_and_keeps_nobody_else_waiting() {
    let (own, rows) = own(&[]).await;
    let (api, honest) = (&own.api, address());
    let flood = stream::iter(0..400).map(|_| async {
        loop {
            // So many at once are more than are worked on: who finds no place comes again.
            let answer = asked(api, HERE, &address()).await;
            if answer.status != 503 {
                return answer;
            }
        }
    });
    let flood = flood.buffer_unordered(40).collect::<Vec<Answer>>();
    let beside = async {
        let flooded = "SELECT count(*) >= 100 FROM sign_ins";
        let full = async || rows.query_one(flooded, &[]).await.expect("a count").get::<_, bool>(0);
        testbed::wait::until(super::board::PATIENCE, "a flood", full).await.expect("it floods");
        mailed(api, ELSEWHERE, &honest).await;
    };
    let (answers, ()) = tokio::join!(flood, beside);
    let let_through = answers.iter().filter(|answer| answer.status == 202).count();
    assert_eq!((let_through, answers.len()), (100, 400));
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        refused(answer, "sign-in-client", 100);
    }
    let before = "SELECT count(*) FROM outbox WHERE send_before <
                  (SELECT o.send_before FROM outbox o JOIN sign_ins s ON o.reason = 'sign-in:' || s.id WHERE s.email = $1)";
    let before: i64 = rows.query_one(before, &[&honest]).await.expect("a count").get(0);
    assert!(before <= 100, "{before} mails go first");
    // The client's own other addresses stay out, and other networks of its provider are others.
    refused(&asked(api, HERE, &address()).await, "sign-in-client", 100);
    mailed(api, "198.51.100.8", &address()).await;
}

#[tokio::test]
async fn used_links_do_not_count_for_their_client() {
    let (own, rows) = own(&[("SIGN_IN_CLIENT_MAX", "3")]).await;
    let keys = contracts::sign_in::SignInKeys::parse(&own.whole.secrets.sign_in_keys).expect("keys");
    for _ in 0..5 {
        mailed(&own.api, HERE, &address()).await;
        let newest = "SELECT id, key_id FROM sign_ins ORDER BY created_at DESC LIMIT 1";
        let row = rows.query_one(newest, &[]).await.expect("a sign-in");
        let token = keys.token(contracts::ids::SignInId(row.get(0)), row.get(1)).expect("its key is known");
        use_up(&own.api, &token).await;
    }
}

/// Guards: room for new addresses.
#[tokio::test]
async fn in_all_half_of_the_room_is_kept_for_addresses_that_have_not_asked_lately() {
    let (own, rows) = own(&[("SIGN_IN_TOTAL_MAX", "10")]).await;
    let client = |number: usize| format!("192.0.2.{number}");
    let early: Vec<String> = (0..5).map(|_| address()).collect();
    for (number, email) in early.iter().enumerate() {
        mailed(&own.api, &client(number), email).await;
    }
    for (number, email) in early.iter().enumerate() {
        refused(&asked(&own.api, &client(number + 10), email).await, "sign-in-total", 10);
    }
    // Clients that have asked leave room to those that have not.
    for number in 0..3 {
        mailed(&own.api, &client(number), &address()).await;
    }
    refused(&asked(&own.api, &client(3), &address()).await, "sign-in-total", 10);
    for number in 20..22 {
        mailed(&own.api, &client(number), &address()).await;
    }
    refused(&asked(&own.api, &client(30), &address()).await, "sign-in-total", 10);
    let count = "SELECT count(*) FROM sign_ins WHERE used_at IS NULL";
    assert_eq!(rows.query_one(count, &[]).await.expect("a count").get::<_, i64>(0), 10);
    rows.execute("UPDATE sign_ins SET used_at = now() WHERE email = $1", &[&early[0]]).await.expect("one is used");
    mailed(&own.api, &client(31), &address()).await;
}

#[tokio::test]
async fn the_database_is_not_told_where_a_client_is() {
    let board = Board::new().await;
    let (one, other) = (address(), address());
    for (client, email) in [("2001:db8:7:7::1", &one), ("2001:db8:7:7::2", &one), ("2001:db8:7:8::1", &other)] {
        mailed(&board.api, client, email).await;
    }
    let client = |email: &str| format!("SELECT DISTINCT client FROM sign_ins WHERE email = '{email}'");
    let (one, other) = (board.texts(&client(&one)).await, board.texts(&client(&other)).await);
    assert_eq!((one.len(), other.len()), (1, 1), "one customer is one client");
    assert_ne!(one, other);
    let hexadecimal = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(hexadecimal(&one[0]) && !one[0].contains("20010db8"), "{one:?}");
}

#[tokio::test]
async fn what_was_not_written_does_not_count() {
    let mut own = Own::start(&[("BREAKER_OPEN_S", "1")]).await;
    let email = address();
    own.lose().await;
    for _ in 0..6 {
        let answer = own.api.post("/v1/sign-in", &json!({ "email": email })).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    own.restore().await;
    let back = async || own.api.post("/v1/sign-in", &json!({ "email": address() })).await.status == 202;
    testbed::wait::until(super::board::PATIENCE, "mails again", back).await.expect("it comes back by itself");
    for _ in 0..5 {
        mailed(&own.api, HERE, &email).await;
    }
    refused(&asked(&own.api, HERE, &email).await, "sign-in-address", 5);
    let refused = own.metric("board_quota_verdicts_total", r#"quota="sign-in-address",verdict="refused""#).await;
    assert!((refused - 1.0).abs() < 0.5, "{refused}");
}
