-- Expand: answers that are kept for whoever repeats a request with its Idempotency-Key. Refers to no other table, and
-- older functions, which neither read nor write it, run on beside it.

-- An answer to a request that made something, committed together with what was made. Kept for 24 h; `api` and
-- `applications` sweep.
CREATE TABLE idempotency_keys (
    person_id uuid NOT NULL,
    -- Method and template, such as `POST /v1/jobs`: the same key on another route is another key.
    route text NOT NULL,
    -- SHA-256 of the key: what callers choose for it may say something about them.
    key_hash bytea NOT NULL,
    -- SHA-256 over method, path and body: the same key with another request is a mistake of the caller.
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    -- To the byte as it was answered.
    body text NOT NULL,
    location text,
    -- What was made.
    resource_id uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (person_id, route, key_hash),
    CONSTRAINT idempotency_keys_route CHECK (char_length(route) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_hashes CHECK (octet_length(key_hash) = 32 AND octet_length(fingerprint) = 32),
    -- A refusal is never kept: it is worked out anew.
    CONSTRAINT idempotency_keys_status CHECK (status BETWEEN 200 AND 299)
);

-- The sweep.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
