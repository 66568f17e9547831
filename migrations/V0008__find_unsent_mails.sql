-- Expand: mails that ended dead or uncertain are found, for the gauges. Older functions run on beside it: an index asks nothing of
-- them.

-- With a large outbox make it by hand first, CONCURRENTLY.
CREATE INDEX IF NOT EXISTS outbox_unsent ON outbox (state) WHERE state IN ('dead', 'uncertain');
