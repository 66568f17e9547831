WITH made AS (
    INSERT INTO sign_ins (id, email, email_key, key_id, expires_at)
    VALUES ($1, $2, $3, $4, clock_timestamp() + interval '15 minutes')
    RETURNING id, key_id
)
INSERT INTO outbox (id, kind, reason, payload, priority, send_before, traceparent)
SELECT $5, 'sign_in_link', 'sign-in:' || id,
       jsonb_build_object('sign_in_id', id, 'key_id', key_id),
       0, clock_timestamp() + make_interval(mins => $6), $7
FROM made
