-- Claims what is most urgent, by priority and then by how long it has been due: a batch that waits for its next try
-- or lost its worker, or due mails of one kind in a new batch. A reclaim takes the batch, never its rows: the same
-- mails, bytes and key as before. Kinds that are not given stay queued, for a newer worker.
--
-- $1 text[]: kinds known. $2 bigint: mails in a new batch at most. $3 double precision: seconds of lease.
-- $4 double precision: seconds of unknown outcome after which a batch is `give_up.sql`'s.
-- Returns one row or none: id (uuid), fence (bigint), kind (text), request (bytea or null), unknown_since (timestamptz
-- or null), attempts (int, this one included), claimed_at (timestamptz: the database's now), and the mails in the order
-- of their ids, which is the order in the frozen bytes and so of Resend's answer: mail_ids (uuid[]), payloads (jsonb[]),
-- traceparents (text[], with nulls), reasons (text[]), send_before (timestamptz[]).
WITH batch AS MATERIALIZED (
    SELECT id, priority, due_at
    FROM mail_batches
    WHERE kind = ANY ($1::text[])
      AND due_at <= clock_timestamp()
      AND (leased_until IS NULL OR leased_until <= clock_timestamp())
      AND (unknown_since IS NULL OR unknown_since > clock_timestamp() - make_interval(secs => $4::double precision))
    ORDER BY priority, due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
), head AS MATERIALIZED (
    SELECT id, kind, priority, due_at, alone
    FROM outbox
    WHERE state = 'queued' AND batch_id IS NULL
      AND kind = ANY ($1::text[])
      AND due_at <= clock_timestamp()
      AND send_before > clock_timestamp()
    ORDER BY priority, due_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
), fresh AS MATERIALIZED (
    SELECT id, kind, priority, alone
    FROM head
    WHERE NOT EXISTS (SELECT 1 FROM batch WHERE (batch.priority, batch.due_at) <= (head.priority, head.due_at))
), taken AS MATERIALIZED (
    -- The head comes first in this order too; a mail marked `alone` takes nobody along and goes with nobody.
    SELECT o.id
    FROM fresh
    JOIN outbox o ON o.priority = fresh.priority AND o.kind = fresh.kind
    WHERE o.state = 'queued' AND o.batch_id IS NULL
      AND o.due_at <= clock_timestamp()
      AND o.send_before > clock_timestamp()
      AND (o.id = fresh.id OR NOT (o.alone OR fresh.alone))
    ORDER BY o.due_at, o.id
    LIMIT $2
    FOR UPDATE OF o SKIP LOCKED
), reclaimed AS (
    -- Due again when the lease ends: a batch that kills its workers queues behind all that waited meanwhile.
    UPDATE mail_batches b
    SET fence = b.fence + 1,
        attempts = b.attempts + 1,
        leased_until = clock_timestamp() + make_interval(secs => $3::double precision),
        due_at = clock_timestamp() + make_interval(secs => $3::double precision)
    FROM batch
    WHERE b.id = batch.id AND NOT EXISTS (SELECT 1 FROM fresh)
    RETURNING b.id, b.fence, b.kind, b.request, b.unknown_since, b.attempts
), made AS (
    INSERT INTO mail_batches (kind, priority, leased_until, due_at)
    SELECT kind, priority,
           clock_timestamp() + make_interval(secs => $3::double precision),
           clock_timestamp() + make_interval(secs => $3::double precision)
    FROM fresh
    WHERE EXISTS (SELECT 1 FROM taken)
    RETURNING id, fence, kind, request, unknown_since, attempts
), bound AS (
    UPDATE outbox o SET batch_id = made.id
    FROM taken, made
    WHERE o.id = taken.id
    RETURNING o.batch_id, o.id, o.payload, o.traceparent, o.reason, o.send_before
), mails AS (
    SELECT batch_id, id, payload, traceparent, reason, send_before FROM bound
    UNION ALL
    SELECT o.batch_id, o.id, o.payload, o.traceparent, o.reason, o.send_before
    FROM outbox o
    JOIN reclaimed ON o.batch_id = reclaimed.id
), claimed AS (
    SELECT id, fence, kind, request, unknown_since, attempts FROM reclaimed
    UNION ALL
    SELECT id, fence, kind, request, unknown_since, attempts FROM made
)
SELECT claimed.id, claimed.fence, claimed.kind, claimed.request, claimed.unknown_since, claimed.attempts,
       clock_timestamp() AS claimed_at,
       array_agg(mails.id ORDER BY mails.id) AS mail_ids,
       array_agg(mails.payload ORDER BY mails.id) AS payloads,
       array_agg(mails.traceparent ORDER BY mails.id) AS traceparents,
       array_agg(mails.reason ORDER BY mails.id) AS reasons,
       array_agg(mails.send_before ORDER BY mails.id) AS send_before
FROM claimed
JOIN mails ON mails.batch_id = claimed.id
GROUP BY claimed.id, claimed.fence, claimed.kind, claimed.request, claimed.unknown_since, claimed.attempts
