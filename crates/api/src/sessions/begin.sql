WITH used AS (
    -- The row's lock makes of two uses at once one.
    UPDATE sign_ins SET used_at = clock_timestamp()
    WHERE id = $1 AND used_at IS NULL AND expires_at > clock_timestamp()
    RETURNING email, email_key
), person AS (
    INSERT INTO people (id, email, email_key)
    SELECT $2, email, email_key FROM used
    -- Written, though nothing changes: only then is the id of a person returned who exists.
    ON CONFLICT (email_key) DO UPDATE SET email_key = excluded.email_key
    RETURNING id
), begun AS (
    INSERT INTO sessions (id, person_id, expires_at)
    SELECT $3, id, clock_timestamp() + interval '30 days' FROM person
    RETURNING person_id, extract(epoch FROM expires_at - begun_at)::bigint AS lasts
)
SELECT begun.person_id, begun.lasts,
       -- Where no session began, from before this statement: if the link was still good then, another use was faster.
       coalesce(sign_ins.used_at IS NOT NULL OR sign_ins.expires_at > clock_timestamp(), false) AS was_used
FROM (SELECT) AS always LEFT JOIN begun ON true LEFT JOIN sign_ins ON sign_ins.id = $1
