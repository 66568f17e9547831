//! V0005 on real rows: one mailbox is one person, who loses nothing.

use tokio_postgres::Client;

use super::support::Database;

const BEFORE: [&str; 4] = [
    include_str!("../../../../migrations/V0001__create_board.sql"),
    include_str!("../../../../migrations/V0002__create_outbox.sql"),
    include_str!("../../../../migrations/V0003__keep_answers.sql"),
    include_str!("../../../../migrations/V0004__find_mails.sql"),
];
const THIS: &str = include_str!("../../../../migrations/V0005__make_one_mailbox_one_person.sql");

/// What `api` of before ends a sign-in with.
const OLD_SESSION: &str = "
    WITH used AS (
        UPDATE sign_ins SET used_at = clock_timestamp()
        WHERE id = $1::text::uuid AND used_at IS NULL AND expires_at > clock_timestamp()
        RETURNING email, email_key
    )
    INSERT INTO people (id, email, email_key)
    SELECT $2::text::uuid, email, email_key FROM used
    ON CONFLICT (email_key) DO UPDATE SET email_key = excluded.email_key
    RETURNING id::text";

/// Ids that tell what they are in a failure.
fn id(text: &str) -> String {
    format!("00000000-0000-7000-8000-{:0>12}", text)
}

/// Ada wrote her address in three ways, the oldest is `a1`; Bob and Eve are others. Ids of people are `a1` to `a3`, `b1`,
/// `e1`; of jobs `71` to `74`; of companies `c1` and `c2`; of applications `1` and so on.
const ROWS: &str = "
    INSERT INTO people (id, email, email_key, name, created_at) VALUES
        (ID(a1), 'Ada.K@Example.com', 'Ada.K@example.com', NULL, now() - interval '3 days'),
        (ID(a2), 'ada.k@example.com', 'ada.k@example.com', NULL, now() - interval '2 days'),
        (ID(a3), 'ADA.K@example.com', 'ADA.K@example.com', 'Ada', now() - interval '1 day'),
        (ID(b1), 'Bob@example.com', 'Bob@example.com', 'Bob', now()),
        (ID(e1), 'eve@example.com', 'eve@example.com', 'Eve', now());
    INSERT INTO companies (id, name) VALUES (ID(c1), 'Engines'), (ID(c2), 'Looms');
    INSERT INTO company_members (company_id, person_id) VALUES
        (ID(c1), ID(a1)), (ID(c1), ID(a2)), (ID(c2), ID(a2)), (ID(c2), ID(e1));
    INSERT INTO jobs (id, company_id, title, description, remote, kind)
    SELECT ('00000000-0000-7000-8000-0000000000' || n)::uuid, ID(c1), 'Driver', 'Drive.', 'no', 'full_time'
    FROM generate_series(71, 74) n;
    INSERT INTO applications (id, job_id, person_id, letter, created_at) VALUES
        (ID(1), ID(71), ID(a1), 'first', now() - interval '9 hours'),
        (ID(2), ID(71), ID(a2), 'second', now() - interval '8 hours'),
        (ID(3), ID(72), ID(a3), 'third', now() - interval '7 hours'),
        (ID(4), ID(73), ID(a3), 'fourth', now() - interval '6 hours'),
        (ID(5), ID(73), ID(a2), 'fifth', now() - interval '5 hours'),
        (ID(6), ID(74), ID(b1), 'sixth', now() - interval '4 hours');
    INSERT INTO application_events (application_id, status, person_id) VALUES
        (ID(1), 'received', ID(a1)), (ID(2), 'received', ID(a2)), (ID(3), 'received', ID(a3)),
        (ID(4), 'received', ID(a3)), (ID(5), 'received', ID(a2)), (ID(6), 'received', ID(b1)),
        (ID(6), 'viewed', ID(a2));
    INSERT INTO idempotency_keys (person_id, route, key_hash, fingerprint, status, body)
    SELECT person, 'POST /v1/jobs', sha256(key::bytea), sha256('f'), 201, body FROM (VALUES
        (ID(a1), 'one', 'of a1'), (ID(a2), 'one', 'of a2'), (ID(a2), 'two', 'of a2'), (ID(a3), 'two', 'of a3')
    ) AS kept (person, key, body);
    INSERT INTO outbox (id, kind, reason, payload, priority, send_before)
    SELECT gen_random_uuid(), 'new_application', 'mail ' || person, jsonb_build_object('recipient_id', person), 1, now()
    FROM (VALUES (ID(a2)), (ID(e1))) AS told (person);
    INSERT INTO sign_ins (id, email, email_key, key_id, expires_at) VALUES
        (ID(51), 'ADA.K@example.com', 'ADA.K@example.com', 'k1', now() + interval '15 minutes')";

/// `ID(x)` as a uuid.
fn with_ids(sql: &str) -> String {
    let mut parts = sql.split("ID(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |sql, part| {
        let (name, rest) = part.split_once(')').expect("a closing bracket");
        format!("{sql}'{}'::uuid{rest}", id(name))
    })
}

async fn merged() -> (Database, Client) {
    let database = Database::empty().await;
    let client = database.client().await;
    for migration in BEFORE {
        client.batch_execute(migration).await.expect("a migration");
    }
    client.batch_execute(&with_ids(ROWS)).await.expect("rows");
    client.batch_execute(&format!("BEGIN; {THIS}; COMMIT")).await.expect("the migration");
    (database, client)
}

/// Pairs of a table in one line, with the ends of ids.
async fn pairs(client: &Client, sql: &str) -> String {
    let all = format!("SELECT coalesce(string_agg(pair, ' ' ORDER BY pair), '') FROM ({sql}) AS all_pairs (pair)");
    client.query_one(&all, &[]).await.expect(sql).get::<_, String>(0)
}

fn end(column: &str) -> String {
    format!("ltrim(right({column}::text, 12), '0')")
}

#[tokio::test]
async fn the_oldest_is_the_person_of_the_mailbox_and_gets_what_the_others_had() {
    let (_database, client) = merged().await;
    let person = end("person_id");
    let keys = format!("SELECT {} || '=' || email_key || '=' || coalesce(name, '-') FROM people", end("id"));
    assert_eq!(
        pairs(&client, &keys).await,
        format!("a1=ada.k@example.com=Ada a2=merged:{}=- b1=bob@example.com=Bob e1=eve@example.com=Eve", id("a2"))
    );
    let members = format!("SELECT {} || '+' || {person} FROM company_members", end("company_id"));
    assert_eq!(pairs(&client, &members).await, "c1+a1 c2+a1 c2+e1");
    // Of two for one job the older one is moved, unless the oldest person has one: none is lost.
    let applications = format!("SELECT {} || '@' || {person} FROM applications", end("id"));
    assert_eq!(pairs(&client, &applications).await, "1@a1 2@a2 3@a1 4@a1 5@a2 6@b1");
    let events = format!("SELECT {} || status || {person} FROM application_events", end("application_id"));
    assert_eq!(
        pairs(&client, &events).await,
        "1receiveda1 2receiveda2 3receiveda1 4receiveda1 5receiveda2 6receivedb1 6vieweda1"
    );
    let kept = format!("SELECT {person} || ' ' || body FROM idempotency_keys");
    assert_eq!(pairs(&client, &kept).await, "a1 of a1 a1 of a2 a2 of a2 a3 of a3");
    let mails = format!("SELECT {} FROM outbox", end("(payload ->> 'recipient_id')"));
    assert_eq!(pairs(&client, &mails).await, "a1 e1");
}

#[tokio::test]
async fn an_older_api_beside_it_finds_the_one_person() {
    let (_database, client) = merged().await;
    // A link from before, and one that the older code writes now.
    let late = with_ids(
        "INSERT INTO sign_ins (id, email, email_key, key_id, expires_at) VALUES
            (ID(52), 'aDa.k@Example.com', 'aDa.k@example.com', 'k1', now() + interval '15 minutes'),
            (ID(53), 'New@example.com', 'New@example.com', 'k1', now() + interval '15 minutes')",
    );
    client.batch_execute(&late).await.expect("rows");
    for (link, person) in [("51", id("a1")), ("52", id("a1")), ("53", id("53"))] {
        let session = client.query_one(OLD_SESSION, &[&id(link), &id(link)]).await.expect("a person");
        assert_eq!(session.get::<_, &str>(0), person, "{link}");
    }
    let new = "SELECT email || ' ' || email_key FROM people WHERE email LIKE 'New@%'";
    assert_eq!(pairs(&client, new).await, "New@example.com new@example.com");
    assert_eq!(pairs(&client, "SELECT DISTINCT (lower(email_key) = email_key)::text FROM sign_ins").await, "true");
}
