-- Expand: sessions that can be renewed. Older functions neither read nor write the table, and run on beside it; sessions
-- that they begin cannot be renewed.

-- A session is a family of refresh tokens: each names the session and its own generation, and only the newest one is
-- good. No token stands here, nor what one could be made from: the key that they are derived with is in settings alone.
-- `api` sweeps what has expired.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    -- Of the newest refresh token.
    generation bigint NOT NULL DEFAULT 0,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When the newest refresh token was made.
    refreshed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    -- By its person, or because an older refresh token was used again.
    ended_at timestamptz,
    CONSTRAINT sessions_generation CHECK (generation >= 0)
);

-- The sweep.
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- What the foreign key asks when a person is deleted.
CREATE INDEX sessions_by_person ON sessions (person_id);
