-- Expand: the outbox and the batches that its mails are sent in. Refers to no other table, so that mails outlive
-- what caused them, and older functions run on beside it.

-- A batch lives from its claim to its settling; with it go the frozen bytes, the only place where an address or a
-- letter stands outside of its own table.
CREATE TABLE mail_batches (
    -- Also the Idempotency-Key, and part of the placeholder for sign-in tokens: drawn at random, never shown to a
    -- person.
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    priority smallint NOT NULL,
    -- Grows with each claim: a worker that slept through its lease holds an old one and changes nothing.
    fence bigint NOT NULL DEFAULT 1,
    leased_until timestamptz,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Claims so far, the one under way included.
    attempts integer NOT NULL DEFAULT 1,
    -- What goes over the wire, with a placeholder where a sign-in token goes.
    request bytea,
    -- Since when Resend may have accepted it without our knowing.
    unknown_since timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT mail_batches_priority CHECK (priority IN (0, 1)),
    CONSTRAINT mail_batches_fence CHECK (fence >= 1 AND attempts >= 1),
    CONSTRAINT mail_batches_posted_only_frozen CHECK (unknown_since IS NULL OR request IS NOT NULL)
);

CREATE INDEX mail_batches_claim ON mail_batches (priority, due_at);

-- A mail to be sent, written in the transaction that causes it. Writers give id, kind, reason, payload, priority,
-- send_before and traceparent, nothing else. Settled rows are kept for 30 days.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    -- Why it is sent, such as `application:{id}:received`: the same cause never mails twice.
    reason text NOT NULL CONSTRAINT outbox_reason_once UNIQUE,
    -- Ids only: never an address or a letter.
    payload jsonb NOT NULL,
    -- 0: a person waits for it (sign-in). 1: all others.
    priority smallint NOT NULL,
    -- From then on it is not worth a first try.
    send_before timestamptz NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'queued',
    batch_id uuid CONSTRAINT outbox_batch REFERENCES mail_batches (id),
    -- Its batch was refused for what one of the mails holds: from now on it goes by itself.
    alone boolean NOT NULL DEFAULT false,
    due_at timestamptz NOT NULL DEFAULT now(),
    provider_id text,
    -- The name of the error, never its message, which may quote an address.
    error text,
    settled_at timestamptz,
    CONSTRAINT outbox_kind CHECK (kind ~ '^[a-z][a-z_]{0,62}$'),
    CONSTRAINT outbox_reason CHECK (char_length(reason) BETWEEN 1 AND 200),
    CONSTRAINT outbox_payload CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT outbox_priority CHECK (priority IN (0, 1)),
    CONSTRAINT outbox_traceparent CHECK (char_length(traceparent) <= 100),
    CONSTRAINT outbox_state CHECK (state IN ('queued', 'sent', 'dead', 'uncertain', 'expired')),
    CONSTRAINT outbox_settled CHECK ((settled_at IS NOT NULL) = (state <> 'queued')),
    CONSTRAINT outbox_batched_only_queued CHECK (batch_id IS NULL OR state = 'queued'),
    CONSTRAINT outbox_provider_id CHECK ((provider_id IS NOT NULL) = (state = 'sent')),
    CONSTRAINT outbox_error CHECK ((error IS NOT NULL) = (state IN ('dead', 'uncertain'))),
    CONSTRAINT outbox_error_is_a_name CHECK (error ~ '^[a-z0-9_]{1,64}$')
);

-- The next mail to claim. A mail in a batch is none of this index, so that it stays as small as the backlog.
CREATE INDEX outbox_claim ON outbox (priority, due_at, id) WHERE state = 'queued' AND batch_id IS NULL;

-- What waits, for the gauges of depth and age.
CREATE INDEX outbox_waiting ON outbox (created_at) WHERE state = 'queued';

-- The mails that came too late.
CREATE INDEX outbox_late ON outbox (send_before) WHERE state = 'queued' AND batch_id IS NULL;

-- The mails of a batch; also what the foreign key asks when a batch is deleted.
CREATE INDEX outbox_of_batch ON outbox (batch_id) WHERE batch_id IS NOT NULL;

-- The sweep of what was settled long ago.
CREATE INDEX outbox_sweep ON outbox (settled_at) WHERE settled_at IS NOT NULL;
