WITH used AS (
    -- The row's lock makes of two uses at once one.
    UPDATE sign_ins SET used_at = clock_timestamp()
    WHERE id = $1 AND used_at IS NULL AND expires_at > clock_timestamp()
    RETURNING email, email_key
)
INSERT INTO people (id, email, email_key)
SELECT $2, email, email_key FROM used
-- Written, though nothing changes: only then is the id of a person returned who exists.
ON CONFLICT (email_key) DO UPDATE SET email_key = excluded.email_key
RETURNING id
