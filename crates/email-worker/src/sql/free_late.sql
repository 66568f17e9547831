-- Takes batches apart that hold a late mail and that Resend surely never accepted (unknown_since is empty); their
-- frozen bytes go with them. Late mails are expired by `expire.sql` right after, the others are claimed anew.
-- A batch under a live lease is left: its worker is refused by `mark.sql` and gives it back.
--
-- $1 bigint: batches at most. Returns: how many were taken apart (bigint).
WITH late AS MATERIALIZED (
    SELECT b.id
    FROM mail_batches b
    WHERE b.unknown_since IS NULL
      AND (b.leased_until IS NULL OR b.leased_until <= clock_timestamp())
      AND EXISTS (
          SELECT 1 FROM outbox o WHERE o.batch_id = b.id AND o.send_before <= clock_timestamp()
      )
    LIMIT $1
    FOR UPDATE OF b SKIP LOCKED
), freed AS (
    UPDATE outbox o SET batch_id = NULL, due_at = clock_timestamp()
    FROM late
    WHERE o.batch_id = late.id
), gone AS (
    DELETE FROM mail_batches b USING late WHERE b.id = late.id RETURNING b.id
)
SELECT count(*) AS batches FROM gone
