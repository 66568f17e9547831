-- Expires mails that are in no batch and too late for a first try, of every kind, also those that this worker does
-- not know.
--
-- $1 bigint: mails at most. Returns a row for each kind: kind (text), how many (bigint).
WITH late AS MATERIALIZED (
    SELECT id
    FROM outbox
    WHERE state = 'queued' AND batch_id IS NULL AND send_before <= statement_timestamp()
    ORDER BY send_before
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE outbox SET state = 'expired', settled_at = clock_timestamp()
    WHERE id = ANY (ARRAY(SELECT id FROM late))
    RETURNING kind
)
SELECT kind, count(*) AS mails FROM expired GROUP BY kind
