//! What is granted is enough: a job, an application and its mail, each step over the login of its function.

use tokio_postgres::Client;

use super::support::Database;

const ID: &str = "00000000-0000-7000-8000-000000000001";

/// An answer under a key, of a route of `api`'s and of one of `applications`', and their sweep.
const KEEP: &str =
    "INSERT INTO idempotency_keys (person_id, route, key_hash, fingerprint, status, body, location, resource_id)
                    VALUES (ID, 'POST /v1/jobs', sha256('k'), sha256('f'), 201, '{}', NULL, ID)
                    RETURNING status, body, location";
const KEEP_APPLICATION: &str =
    "INSERT INTO idempotency_keys (person_id, route, key_hash, fingerprint, status, body, location, resource_id)
                    VALUES (ID, 'POST /v1/jobs/{id}/applications', sha256('k'), sha256('f'), 201, '{}', NULL, ID)
                    RETURNING status, body, location";
const SWEEP: &str = "DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys
                     WHERE created_at < now() + interval '1 hour' FOR UPDATE SKIP LOCKED))";

async fn all(client: &Client, statements: &[&str]) {
    for statement in statements {
        let done = client.batch_execute(&statement.replace("ID", &format!("'{ID}'"))).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

async fn publish(api: &Client) {
    all(
        api,
        &[
            "INSERT INTO sign_ins (id, email, email_key, key_id, expires_at) VALUES (ID, 'a@b', 'a@b', 'k', now())",
            "UPDATE sign_ins SET used_at = now() WHERE id = ID AND used_at IS NULL RETURNING email",
            "INSERT INTO people (id, email, email_key) VALUES (ID, 'a@b', 'a@b') ON CONFLICT (email_key) DO UPDATE
             SET email_key = excluded.email_key RETURNING id",
            "UPDATE people SET name = 'A' WHERE id = ID",
            "INSERT INTO companies (id, name) VALUES (ID, 'C') RETURNING created_at",
            "INSERT INTO company_members (company_id, person_id) VALUES (ID, ID)",
            "INSERT INTO jobs (id, company_id, title, description, remote, kind)
             VALUES (ID, ID, 'Job', 'Text', 'no', 'full_time') RETURNING created_at",
            "UPDATE jobs SET status = 'published', published_at = now() WHERE id = ID",
            "INSERT INTO outbox (id, kind, reason, payload, priority, send_before)
             VALUES (gen_random_uuid(), 'sign_in', 'sign-in:1', '{}', 0, now() + interval '1 hour')
             ON CONFLICT DO NOTHING",
            KEEP,
            SWEEP,
            "SELECT s.expires_at FROM sign_ins s JOIN outbox o ON o.reason = 'sign-in:' || s.id
             WHERE s.client IS NULL AND o.state = 'queued' AND o.send_before > now()",
            "DELETE FROM sign_ins WHERE ctid = ANY(ARRAY(SELECT ctid FROM sign_ins
             WHERE created_at < now() - interval '24 hours' FOR UPDATE SKIP LOCKED))",
        ],
    )
    .await;
}

async fn apply(applications: &Client) {
    all(
        applications,
        &[
            "SELECT p.name, j.title, c.name FROM people p, jobs j JOIN companies c ON c.id = j.company_id
             WHERE p.id = ID AND j.id = ID AND j.status = 'published'",
            "INSERT INTO applications (id, job_id, person_id, letter, created_at)
             VALUES (ID, ID, ID, 'Dear', clock_timestamp()) RETURNING created_at",
            KEEP_APPLICATION,
            SWEEP,
            "INSERT INTO application_events (application_id, status, person_id) VALUES (ID, 'received', ID)",
            "INSERT INTO outbox (id, kind, reason, payload, priority, send_before)
             VALUES (ID, 'application_received', 'application:1:received', '{}', 1, now() + interval '1 hour')",
            "SELECT count(*), min(created_at) FROM outbox WHERE state = 'queued'",
        ],
    )
    .await;
}

async fn mail(worker: &Client) {
    all(
        worker,
        &[
            "SELECT id FROM outbox WHERE state = 'queued' FOR UPDATE SKIP LOCKED",
            "INSERT INTO mail_batches (id, kind, priority) VALUES (ID, 'application_received', 1)",
            "UPDATE outbox SET batch_id = ID WHERE id = ID RETURNING payload, traceparent, reason",
            "SELECT p.email, c.name, j.title FROM applications a JOIN people p ON p.id = a.person_id
             JOIN jobs j ON j.id = a.job_id JOIN companies c ON c.id = j.company_id WHERE a.id = ID",
            "SELECT email, key_id FROM sign_ins WHERE id = ID AND expires_at > now()",
            "UPDATE mail_batches SET request = 'x', unknown_since = now(), fence = fence + 1 WHERE id = ID",
            "UPDATE outbox SET state = 'sent', provider_id = 'r', batch_id = NULL, settled_at = now() WHERE id = ID",
            "DELETE FROM mail_batches WHERE id = ID",
            "DELETE FROM outbox WHERE ctid = ANY(ARRAY(SELECT ctid FROM outbox
             WHERE settled_at < now() + interval '1 day' FOR UPDATE SKIP LOCKED))",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_job_an_application_and_its_mail_need_no_other_right() {
    let database = Database::migrated().await;
    publish(&database.login(&["board_api"]).await).await;
    apply(&database.login(&["board_applications"]).await).await;
    mail(&database.login(&["board_email_worker"]).await).await;
}
