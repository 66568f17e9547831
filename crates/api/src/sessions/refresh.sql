-- $1 uuid: session. $2 bigint: the generation of the refresh token that was sent.
-- The row's lock makes of several at once one after the other, each of which judges what the last one left. A token that
-- is newer than the row is good: we made it, and the database lost it, as it may when a standby takes over.
UPDATE sessions SET
    generation = CASE WHEN ended_at IS NULL AND generation <= $2 THEN $2 + 1 ELSE generation END,
    refreshed_at = CASE WHEN ended_at IS NULL AND generation <= $2 THEN clock_timestamp() ELSE refreshed_at END,
    expires_at = CASE
        WHEN ended_at IS NULL AND generation <= $2
        THEN least(clock_timestamp() + interval '30 days', begun_at + interval '365 days')
        ELSE expires_at
    END,
    -- The last one before the newest gets the same answer for a while: two tabs, or an answer that was lost.
    ended_at = CASE
        WHEN generation > $2 + 1 OR (generation = $2 + 1 AND refreshed_at <= clock_timestamp() - interval '30 seconds')
        THEN coalesce(ended_at, clock_timestamp())
        ELSE ended_at
    END
WHERE id = $1 AND expires_at > clock_timestamp()
RETURNING person_id, ended_at IS NOT NULL AS has_ended,
          extract(epoch FROM expires_at - clock_timestamp())::bigint AS lasts
