-- Ends batches whose outcome has been unknown for so long that Resend is about to forget the key: another post could
-- be a second mail. They are settled as `uncertain` and never sent again, of every kind, also those that this worker
-- does not know. A live lease is left alone: its answer may still settle the batch for good.
--
-- $1 double precision: seconds of unknown outcome. $2 bigint: batches at most.
-- Returns a row for each kind: kind (text), how many mails (bigint).
WITH doubtful AS MATERIALIZED (
    SELECT id
    FROM mail_batches
    WHERE unknown_since <= statement_timestamp() - make_interval(secs => $1::double precision)
      AND (leased_until IS NULL OR leased_until <= statement_timestamp())
    ORDER BY unknown_since
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE outbox
    SET state = 'uncertain', error = 'outcome_unknown', batch_id = NULL, settled_at = clock_timestamp()
    WHERE batch_id = ANY (ARRAY(SELECT id FROM doubtful))
    RETURNING kind
), gone AS (
    DELETE FROM mail_batches WHERE id = ANY (ARRAY(SELECT id FROM doubtful))
)
SELECT kind, count(*) AS mails FROM ended GROUP BY kind
