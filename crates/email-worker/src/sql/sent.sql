-- Settles an accepted batch: its mails are sent and the frozen bytes are gone. The lease may be over, as long as nobody
-- else claimed the batch: what Resend said stays true. Were a mail of the batch missing from $3, the foreign
-- key would refuse the whole statement, so none can fall out of sight.
--
-- $1 uuid: batch. $2 bigint: fence. $3 uuid[]: mails. $4 text[]: Resend's ids, in the same order.
-- Returns a row for each mail: id (uuid), settled_at (timestamptz). None: the batch is no longer ours.
WITH held AS (
    DELETE FROM mail_batches WHERE id = $1 AND fence = $2 RETURNING id
)
UPDATE outbox o
SET state = 'sent', provider_id = sent.provider_id, batch_id = NULL, settled_at = clock_timestamp()
FROM held, unnest($3::uuid[], $4::text[]) AS sent (id, provider_id)
WHERE o.id = sent.id AND o.batch_id = held.id
RETURNING o.id, o.settled_at
