-- Lets go of a batch until its next try, with its bytes and its key. Also what a worker does that drains (no wait) or
-- cannot post, for want of a key or refused by `mark.sql` (the usual wait): then $4 is false, since it posted nothing
-- that could be taken back.
--
-- $1 uuid: batch. $2 bigint: fence. $3 double precision: seconds to wait. $4 boolean: Resend surely accepted nothing.
-- Returns one row or none (no longer ours): due_at (timestamptz).
UPDATE mail_batches
SET leased_until = NULL,
    due_at = clock_timestamp() + make_interval(secs => $3::double precision),
    -- Also for `free_late.sql`, where an older worker left it empty.
    late_at = (SELECT min(send_before) FROM outbox WHERE batch_id = $1),
    unknown_since = CASE WHEN $4::boolean THEN NULL ELSE unknown_since END
WHERE id = $1 AND fence = $2
RETURNING due_at
