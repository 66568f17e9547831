-- Claims what is most urgent, by priority and then by how long it has been due: a batch that waits for its next try
-- or lost its worker, or due mails of one lane in a new batch. A lane is a kind, a priority, and whether its mails go
-- alone; within one, what is of no use soonest comes first. So each lane is asked for its first mail by an index, and
-- a claim costs the same with one mail waiting or a million. A reclaim takes the batch, never its rows: the same
-- mails, bytes and key as before. Kinds that are not given stay queued, for a newer worker.
--
-- Times are the statement's, which an index can be asked for, as it cannot for `clock_timestamp()`.
--
-- $1 text[]: kinds known. $2 bigint: mails in a new batch at most. $3 double precision: seconds of lease.
-- $4 double precision: seconds of unknown outcome after which a batch is `give_up.sql`'s.
-- Returns one row or none: id (uuid), fence (bigint), kind (text), request (bytea or null), unknown_since (timestamptz
-- or null), attempts (int, this one included), claimed_at (timestamptz: the database's now), and the mails in the order
-- of their ids, which is the order in the frozen bytes and so of Resend's answer: mail_ids (uuid[]), payloads (jsonb[]),
-- traceparents and tracestates (text[], with nulls), reasons (text[]), send_before (timestamptz[]), waited (double precision[]:
-- seconds since each was written).
WITH wanted AS MATERIALIZED (
    SELECT kind, priority FROM unnest($1::text[]) AS kind, (VALUES (0::smallint), (1::smallint)) AS p (priority)
), batch AS MATERIALIZED (
    SELECT first.id, first.priority, first.due_at
    FROM (
        SELECT wanted.kind, wanted.priority
        FROM wanted
        CROSS JOIN LATERAL (
            SELECT due_at
            FROM mail_batches
            WHERE kind = wanted.kind AND priority = wanted.priority AND due_at <= statement_timestamp()
              AND (leased_until IS NULL OR leased_until <= statement_timestamp())
              AND (unknown_since IS NULL OR unknown_since > statement_timestamp() - make_interval(secs => $4))
            ORDER BY due_at, id
            LIMIT 1
        ) AS first
        ORDER BY wanted.priority, first.due_at
    ) AS lane
    CROSS JOIN LATERAL (
        SELECT id, priority, due_at
        FROM mail_batches
        WHERE kind = lane.kind AND priority = lane.priority AND due_at <= statement_timestamp()
          AND (leased_until IS NULL OR leased_until <= statement_timestamp())
          AND (unknown_since IS NULL OR unknown_since > statement_timestamp() - make_interval(secs => $4))
        ORDER BY due_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ) AS first
    LIMIT 1
), head AS MATERIALIZED (
    -- Lanes by their first mails; locked is one mail alone, the first that nobody else has locked. Each look begins
    -- where the last one ended, since before it may stand what others have taken and no vacuum has cleared away.
    SELECT first.id, first.kind, first.priority, first.due_at, first.alone, first.send_before
    FROM (
        SELECT wanted.kind, wanted.priority, a.alone, first.send_before
        FROM wanted
        CROSS JOIN (VALUES (false), (true)) AS a (alone)
        CROSS JOIN LATERAL (
            SELECT due_at, send_before
            FROM outbox
            WHERE state = 'queued' AND batch_id IS NULL
              AND kind = wanted.kind AND priority = wanted.priority AND alone = a.alone
              AND send_before > statement_timestamp() AND due_at <= statement_timestamp()
            ORDER BY send_before, id
            LIMIT 1
        ) AS first
        ORDER BY wanted.priority, first.due_at
    ) AS lane
    CROSS JOIN LATERAL (
        SELECT id, kind, priority, due_at, alone, send_before
        FROM outbox
        WHERE state = 'queued' AND batch_id IS NULL
          AND kind = lane.kind AND priority = lane.priority AND alone = lane.alone
          AND send_before >= lane.send_before AND due_at <= statement_timestamp()
        ORDER BY send_before, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ) AS first
    LIMIT 1
), fresh AS MATERIALIZED (
    SELECT id, kind, priority, alone, send_before
    FROM head
    WHERE NOT EXISTS (SELECT 1 FROM batch WHERE (batch.priority, batch.due_at) <= (head.priority, head.due_at))
), taken AS MATERIALIZED (
    -- A mail marked `alone` takes nobody along; of others the head comes first in this order too.
    SELECT id, send_before FROM fresh WHERE alone
    UNION ALL
    SELECT mail.id, mail.send_before
    FROM fresh
    CROSS JOIN LATERAL (
        SELECT id, send_before
        FROM outbox
        WHERE state = 'queued' AND batch_id IS NULL
          AND kind = fresh.kind AND priority = fresh.priority AND NOT alone
          AND send_before >= fresh.send_before AND due_at <= statement_timestamp()
        ORDER BY send_before, id
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    ) AS mail
    WHERE NOT fresh.alone
), reclaimed AS (
    -- Due again when the lease ends: a batch that kills its workers queues behind all that waited meanwhile.
    UPDATE mail_batches b
    SET fence = b.fence + 1,
        attempts = b.attempts + 1,
        leased_until = clock_timestamp() + make_interval(secs => $3),
        due_at = clock_timestamp() + make_interval(secs => $3),
        late_at = coalesce(b.late_at, (SELECT min(o.send_before) FROM outbox o WHERE o.batch_id = b.id))
    FROM batch
    WHERE b.id = batch.id AND NOT EXISTS (SELECT 1 FROM fresh)
    RETURNING b.id, b.fence, b.kind, b.request, b.unknown_since, b.attempts
), made AS (
    INSERT INTO mail_batches (kind, priority, leased_until, due_at, late_at)
    SELECT kind, priority,
           clock_timestamp() + make_interval(secs => $3),
           clock_timestamp() + make_interval(secs => $3),
           (SELECT min(send_before) FROM taken)
    FROM fresh
    WHERE EXISTS (SELECT 1 FROM taken)
    RETURNING id, fence, kind, request, unknown_since, attempts
), bound AS (
    UPDATE outbox o SET batch_id = made.id
    FROM made
    -- As an array, by the primary key: joined, they may cost a look at every row there is.
    WHERE o.id = ANY (ARRAY(SELECT id FROM taken))
    RETURNING o.batch_id, o.id, o.payload, o.traceparent, o.tracestate, o.reason, o.send_before, o.created_at
), mails AS (
    SELECT batch_id, id, payload, traceparent, tracestate, reason, send_before, created_at FROM bound
    UNION ALL
    SELECT o.batch_id, o.id, o.payload, o.traceparent, o.tracestate, o.reason, o.send_before, o.created_at
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
       array_agg(mails.tracestate ORDER BY mails.id) AS tracestates,
       array_agg(mails.reason ORDER BY mails.id) AS reasons,
       array_agg(mails.send_before ORDER BY mails.id) AS send_before,
       array_agg(extract(epoch FROM clock_timestamp() - mails.created_at)::float8 ORDER BY mails.id) AS waited
FROM claimed
JOIN mails ON mails.batch_id = claimed.id
GROUP BY claimed.id, claimed.fence, claimed.kind, claimed.request, claimed.unknown_since, claimed.attempts
