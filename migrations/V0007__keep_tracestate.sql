-- Expand: what the tracing systems of callers said of a mail's cause. Older functions neither read nor write the column,
-- and run on beside it; mails that they cause have none.

ALTER TABLE outbox ADD COLUMN tracestate text;

-- Not looked for in rows that stand here: they have none. Kept for as long as the row, 30 days.
-- Kept by older functions: outbox.outbox_tracestate, since they write no tracestate.
ALTER TABLE outbox
    ADD CONSTRAINT outbox_tracestate CHECK (char_length(tracestate) <= 512) NOT VALID;
