-- Deletes mails that were settled long ago.
--
-- $1 double precision: seconds to keep them. $2 bigint: mails at most. Returns: how many went (bigint).
WITH old AS MATERIALIZED (
    SELECT id
    FROM outbox
    WHERE settled_at < clock_timestamp() - make_interval(secs => $1::double precision)
    ORDER BY settled_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM outbox o USING old WHERE o.id = old.id RETURNING o.id
)
SELECT count(*) AS mails FROM gone
