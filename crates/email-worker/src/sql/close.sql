-- Settles a batch that will never be sent (`dead`) or may have been (`uncertain`).
--
-- $1 uuid: batch. $2 bigint: fence. $3 text: `dead` or `uncertain`. $4 text: the name of the error.
-- Returns a row for each mail: id (uuid), settled_at (timestamptz). None: the batch is no longer ours.
WITH held AS (
    DELETE FROM mail_batches WHERE id = $1 AND fence = $2 RETURNING id
)
UPDATE outbox o
SET state = $3, error = $4, batch_id = NULL, settled_at = clock_timestamp()
FROM held
WHERE o.batch_id = held.id
RETURNING o.id, o.settled_at
