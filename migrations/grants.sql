-- All that a function may do in the database. Run by `migrate` after every run, in one transaction: everything is taken
-- away first and then given anew, so a line that goes from here takes its right along. By column wherever a function
-- needs some of them. Group roles own nothing, and no function may change the schema.

-- The group roles, one for each function that speaks to the database, by its name with underscores. This is the one list of
-- them; `migrate` makes those that are missing.
SELECT set_config('board.roles', 'board_api, board_applications, board_email_worker', true);

-- PUBLIC keeps CONNECT: a login's password is what lets it in. Temporary tables are DDL too.
DO $taken_away$
DECLARE
    roles text := current_setting('board.roles');
BEGIN
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, %s', roles);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, %s', roles);
    EXECUTE format('REVOKE ALL ON ALL ROUTINES IN SCHEMA public FROM PUBLIC, %s', roles);
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    EXECUTE format('REVOKE ALL ON SCHEMA public FROM %s', roles);
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM %s', current_database(), roles);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %s', roles);
END
$taken_away$;

-- Each function reads which migrations were applied: it is ready only where those are that it was built for.

-- api: people and how they sign in, companies, jobs.
GRANT SELECT (version, name) ON refinery_schema_history TO board_api;
GRANT SELECT, INSERT (id, email, email_key, name), UPDATE (email_key, name) ON people TO board_api;
GRANT SELECT, INSERT (id, email, email_key, key_id, client, expires_at), UPDATE (used_at), DELETE ON sign_ins TO board_api;
GRANT
    SELECT,
    INSERT (id, person_id, expires_at),
    UPDATE (generation, refreshed_at, expires_at, ended_at),
    DELETE
    ON sessions TO board_api;
GRANT SELECT, INSERT (id, name, website, place), UPDATE (name, website, place) ON companies TO board_api;
GRANT SELECT, INSERT (company_id, person_id) ON company_members TO board_api;
GRANT
    SELECT,
    INSERT (
        id, company_id, title, description, place, remote, kind, pay_from, pay_to, pay_currency, pay_per, closes_at,
        status, published_at
    ),
    UPDATE (
        title, description, place, remote, kind, pay_from, pay_to, pay_currency, pay_per, closes_at, status,
        published_at
    )
    ON jobs TO board_api;
-- It reads three columns to know which links count: those whose mail left or may leave.
GRANT
    SELECT (reason, state, send_before),
    INSERT (id, kind, reason, payload, priority, send_before, traceparent, tracestate)
    ON outbox TO board_api;
-- A sweep locks the rows that it deletes, and PostgreSQL lets nobody lock a row who may update no column of it.
GRANT
    SELECT,
    INSERT (person_id, route, key_hash, fingerprint, status, body, location, resource_id),
    UPDATE (created_at),
    DELETE
    ON idempotency_keys TO board_api, board_applications;

-- Of kept answers each function has those of its own routes, and none reads, makes or deletes another's. Changed only where
-- it is not so already: a policy waits for whoever uses the table, and whoever comes later waits behind it.
DO $own_answers$
DECLARE
    role name;
    routes text[];
    rule text;
    kept name[] := '{}';
BEGIN
    FOR role, routes IN VALUES
        ('board_api'::name, ARRAY['POST /v1/companies', 'POST /v1/jobs']),
        ('board_applications', ARRAY['POST /v1/jobs/{id}/applications'])
    LOOP
        kept := kept || role;
        rule := format('(route = ANY (%L::text[]))', routes);
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_policies
            WHERE schemaname = 'public' AND tablename = 'idempotency_keys' AND policyname = role
              AND permissive = 'PERMISSIVE' AND roles = ARRAY[role] AND cmd = 'ALL' AND qual = rule
              AND with_check IS NULL
        );
        EXECUTE format('DROP POLICY IF EXISTS %I ON idempotency_keys', role);
        EXECUTE format('CREATE POLICY %I ON idempotency_keys TO %I USING %s', role, role, rule);
    END LOOP;
    FOR role IN
        SELECT policyname FROM pg_policies
        WHERE schemaname = 'public' AND tablename = 'idempotency_keys' AND policyname <> ALL (kept)
    LOOP
        EXECUTE format('DROP POLICY %I ON idempotency_keys', role);
    END LOOP;
    IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = 'idempotency_keys'::regclass) THEN
        ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
    END IF;
END
$own_answers$;

-- applications: apply, follow, decide; of a person what an employer sees, of a job what an application needs.
GRANT SELECT (version, name) ON refinery_schema_history TO board_applications;
GRANT SELECT (id, email, name) ON people TO board_applications;
GRANT SELECT ON company_members TO board_applications;
GRANT SELECT (id, name) ON companies TO board_applications;
GRANT SELECT (id, company_id, title, status, closes_at, published_at) ON jobs TO board_applications;
GRANT SELECT, INSERT (id, job_id, person_id, letter, created_at) ON applications TO board_applications;
GRANT SELECT, INSERT (application_id, status, person_id) ON application_events TO board_applications;
-- It reads two columns for the gauges of depth and age, which it exports because it always runs.
GRANT
    SELECT (state, created_at),
    INSERT (id, kind, reason, payload, priority, send_before, traceparent, tracestate)
    ON outbox TO board_applications;

-- email-worker: the outbox, and of all others what a mail's text needs; never a letter, never a token's use.
GRANT SELECT (version, name) ON refinery_schema_history TO board_email_worker;
GRANT
    SELECT, UPDATE (state, batch_id, alone, due_at, provider_id, error, settled_at), DELETE
    ON outbox TO board_email_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON mail_batches TO board_email_worker;
GRANT SELECT (id, email, name) ON people TO board_email_worker;
GRANT SELECT (id, email, key_id, expires_at) ON sign_ins TO board_email_worker;
GRANT SELECT (id, job_id, person_id) ON applications TO board_email_worker;
GRANT SELECT (id, company_id, title) ON jobs TO board_email_worker;
GRANT SELECT (id, name) ON companies TO board_email_worker;
GRANT SELECT (company_id, person_id) ON company_members TO board_email_worker;

-- A login that owns too little is only warned when it revokes. Then nothing of this file holds, and it must say so.
DO $proof$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY string_to_array(current_setting('board.roles'), ', ') LOOP
        IF has_schema_privilege(role, 'public', 'CREATE')
            OR has_database_privilege(role, current_database(), 'CREATE')
            OR has_database_privilege(role, current_database(), 'TEMPORARY')
        THEN
            RAISE insufficient_privilege USING MESSAGE = format(
                '%s may still create things in this database, because the login that runs migrate owns too little of it',
                role
            );
        END IF;
    END LOOP;
END
$proof$;
