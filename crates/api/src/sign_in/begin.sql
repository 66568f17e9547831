-- Makes a sign-in and the mail with its link, unless as many links as are allowed may still be used: to the address,
-- of the client, or in all. A link that was used or is expired does not count, and for the address neither does one
-- whose mail never left or was refused. Whether there is such a person plays no part.
--
-- A statement of its own has taken the lock before this one, which therefore sees every link that counts.
--
-- $1 uuid: sign-in. $2 text: address as written. $3 text: its key. $4 text: key id. $5 uuid: mail. $6 int: minutes in
-- which the mail has to leave. $7 text: traceparent, $14 text: tracestate. $8 text: the client. $9, $10, $11 bigint: how many links may be
-- unused to an address, of a client, and in all. $12 bigint: in all, where the client has one already. $13 bigint: in
-- all, where the address has.
-- Returns one row: full (text: `address`, `client`, `total`, or null when it was made) and seconds until there is room
-- (double precision, or null).
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS at
), of_address AS MATERIALIZED (
    SELECT count(*) AS links, min(expires_at) AS until
    FROM (
        SELECT expires_at
        FROM sign_ins
        WHERE email_key = $3 AND used_at IS NULL AND expires_at > (SELECT at FROM moment)
          -- Asked for each by itself, and so by an index, however large the outbox.
          AND coalesce((
              SELECT state IN ('sent', 'uncertain') OR state = 'queued' AND send_before > (SELECT at FROM moment)
              FROM outbox WHERE reason = 'sign-in:' || sign_ins.id
          ), false)
        ORDER BY expires_at DESC
        LIMIT $9
    ) AS newest
), of_client AS MATERIALIZED (
    SELECT count(*) AS links, min(expires_at) AS until
    FROM (
        SELECT expires_at
        FROM sign_ins
        WHERE client = $8 AND used_at IS NULL AND expires_at > (SELECT at FROM moment)
        ORDER BY expires_at DESC
        LIMIT $10
    ) AS newest
), allowed AS MATERIALIZED (
    -- Who has a link already leaves room to those who have none.
    SELECT CASE
               WHEN of_address.links > 0 THEN $13::bigint
               WHEN of_client.links > 0 THEN $12::bigint
               ELSE $11::bigint
           END AS in_all
    FROM of_address, of_client
), of_all AS MATERIALIZED (
    SELECT count(*) AS links, min(expires_at) AS until
    FROM (
        SELECT expires_at
        FROM sign_ins
        WHERE used_at IS NULL AND expires_at > (SELECT at FROM moment)
        ORDER BY expires_at DESC
        LIMIT (SELECT in_all FROM allowed)
    ) AS newest
), verdict AS MATERIALIZED (
    -- The newest as many as are allowed are full until the first of them expires.
    SELECT CASE
               WHEN of_address.links >= $9 THEN 'address'
               WHEN of_client.links >= $10 THEN 'client'
               WHEN of_all.links >= allowed.in_all THEN 'total'
           END AS full,
           CASE
               WHEN of_address.links >= $9 THEN of_address.until
               WHEN of_client.links >= $10 THEN of_client.until
               WHEN of_all.links >= allowed.in_all THEN of_all.until
           END AS until
    FROM of_address, of_client, of_all, allowed
), made AS (
    INSERT INTO sign_ins (id, email, email_key, key_id, client, expires_at)
    SELECT $1, $2, $3, $4, $8, moment.at + interval '15 minutes'
    FROM moment, verdict
    WHERE verdict.full IS NULL
    RETURNING id, key_id
), mailed AS (
    INSERT INTO outbox (id, kind, reason, payload, priority, send_before, traceparent, tracestate)
    SELECT $5, 'sign_in_link', 'sign-in:' || made.id,
           jsonb_build_object('sign_in_id', made.id, 'key_id', made.key_id),
           0, moment.at + make_interval(mins => $6), $7, $14
    FROM made, moment
)
SELECT verdict.full, extract(epoch FROM verdict.until - moment.at)::float8 AS seconds
FROM verdict, moment
