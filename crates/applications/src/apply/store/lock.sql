SELECT pg_advisory_xact_lock($1) WHERE coalesce(current_setting('platform.claimed', true), '') <> 'false'
