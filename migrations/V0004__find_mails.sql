-- Expand: how mails are found in a few pages, whatever waits: by a claim the next of each lane, by the bounds on
-- sign-in mails those that are on their way. Older functions run on beside it: they neither need nor fill what is new.
-- What an older worker leaves empty the next claim of the batch fills in; links that an older `api` wrote have no
-- client, and count for their address and in all.

-- A lane: mails of one kind and priority, those that go alone apart. What is of no use soonest comes first, so that a
-- claim begins where the late ones end and walks over none of them; a kind has one lifetime, so that this is the order
-- in which they were written. With a large backlog make it by hand first, CONCURRENTLY.
CREATE INDEX IF NOT EXISTS outbox_lanes ON outbox (kind, priority, alone, send_before, id)
    WHERE state = 'queued' AND batch_id IS NULL;

-- When the first of a batch's mails is late. Filled in by its claim.
ALTER TABLE mail_batches ADD COLUMN late_at timestamptz;

CREATE INDEX mail_batches_lanes ON mail_batches (kind, priority, due_at, id);

-- The batches that came too late and that Resend surely never accepted.
CREATE INDEX mail_batches_late ON mail_batches (late_at) WHERE unknown_since IS NULL;

-- The batches whose outcome has been unknown for longest.
CREATE INDEX mail_batches_doubtful ON mail_batches (unknown_since) WHERE unknown_since IS NOT NULL;

-- Who asked for the link: the network of the client, under a key that stands in settings alone, in hexadecimal.
ALTER TABLE sign_ins ADD COLUMN client text CONSTRAINT sign_ins_client CHECK (client ~ '^[0-9a-f]{64}$');

-- The links that may still be used: to an address, for a client, in all.
CREATE INDEX sign_ins_unused ON sign_ins (expires_at) WHERE used_at IS NULL;
CREATE INDEX sign_ins_unused_by_address ON sign_ins (email_key, expires_at) WHERE used_at IS NULL;
CREATE INDEX sign_ins_unused_by_client ON sign_ins (client, expires_at) WHERE used_at IS NULL;
