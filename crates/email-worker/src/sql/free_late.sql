-- Takes batches apart that hold a late mail and that Resend surely never accepted (unknown_since is empty); their
-- frozen bytes go with them. Late mails are expired by `expire.sql` right after, the others are claimed anew.
-- A batch under a live lease is left: its worker is refused by `mark.sql` and gives it back. So is one of an older
-- worker, which did not note when it is late, until its next claim does.
--
-- $1 bigint: batches at most. Returns: how many were taken apart (bigint).
WITH late AS MATERIALIZED (
    SELECT id
    FROM mail_batches
    WHERE unknown_since IS NULL AND late_at <= statement_timestamp()
      AND (leased_until IS NULL OR leased_until <= statement_timestamp())
    ORDER BY late_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), freed AS (
    UPDATE outbox SET batch_id = NULL, due_at = clock_timestamp()
    WHERE batch_id = ANY (ARRAY(SELECT id FROM late))
), gone AS (
    DELETE FROM mail_batches WHERE id = ANY (ARRAY(SELECT id FROM late)) RETURNING id
)
SELECT count(*) AS batches FROM gone
