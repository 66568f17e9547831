-- Takes a batch apart that Resend refused for what one of its mails holds: each mail goes by itself from now on, so
-- that only the offender is refused again.
--
-- $1 uuid: batch. $2 bigint: fence. Returns a row for each mail: id (uuid). None: the batch is no longer ours.
WITH held AS (
    DELETE FROM mail_batches WHERE id = $1 AND fence = $2 RETURNING id
)
UPDATE outbox o
SET batch_id = NULL, alone = true, due_at = clock_timestamp()
FROM held
WHERE o.batch_id = held.id
RETURNING o.id
