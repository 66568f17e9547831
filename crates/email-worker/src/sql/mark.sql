-- Runs just before each post, with the token filled in already: freezes the bytes at the first try and notes that from
-- now on Resend may have accepted them. No row back: do not post, give the batch back with `later.sql`.
-- The lease must outlast the post. A batch that surely never arrived is not posted once a mail of it is late; one
-- that may have arrived is repeated as it is, but only while Resend surely still knows its key.
--
-- $1 uuid: batch. $2 bigint: fence. $3 bytea: request, null at a re-try. $4 double precision: seconds of lease that must
-- be left. $5 double precision: seconds of unknown outcome after which nothing is posted.
-- Returns one row or none: marked_at (timestamptz: the database's now).
WITH held AS MATERIALIZED (
    -- Locked first, so that the clock below is read after any wait for the row.
    SELECT id FROM mail_batches WHERE id = $1 AND fence = $2 FOR UPDATE
)
UPDATE mail_batches b
SET request = coalesce(b.request, $3::bytea),
    unknown_since = coalesce(b.unknown_since, clock_timestamp())
FROM held
WHERE b.id = held.id AND b.fence = $2
  AND b.leased_until >= clock_timestamp() + make_interval(secs => $4::double precision)
  AND CASE
      WHEN b.unknown_since IS NULL THEN NOT EXISTS (
          SELECT 1 FROM outbox o WHERE o.batch_id = b.id AND o.send_before <= clock_timestamp()
      )
      ELSE b.unknown_since > clock_timestamp() - make_interval(secs => $5::double precision)
  END
RETURNING clock_timestamp() AS marked_at
