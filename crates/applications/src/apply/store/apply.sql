WITH moment AS MATERIALIZED (
    -- The person's lock was taken by a statement of its own before this one, which therefore sees what the lock's last
    -- holder committed: what is counted is exact, and no application that counts is later than this moment.
    SELECT clock_timestamp() AS at, make_interval(secs => $9) AS span
), counted AS MATERIALIZED (
    -- Withdrawn ones count, too.
    SELECT count(*) AS used, min(a.created_at) AS oldest,
           (array_agg(a.created_at ORDER BY a.created_at DESC))[$8] AS decisive
    FROM moment JOIN applications a ON a.person_id = $3 AND a.created_at > moment.at - moment.span
), made AS (
    INSERT INTO applications (id, job_id, person_id, letter, created_at)
    SELECT $1, j.id, p.id, $4, moment.at
    FROM jobs j, people p, moment, counted
    WHERE j.id = $2 AND j.status = 'published' AND (j.closes_at IS NULL OR j.closes_at > moment.at)
      AND p.id = $3 AND p.name IS NOT NULL
      AND counted.used < $10
      AND ($11::bytea IS NULL OR (
          current_setting('platform.claimed', true) = 'true' AND NOT EXISTS (
              SELECT FROM idempotency_keys k WHERE k.person_id = $3 AND k.route = $13 AND k.key_hash = $11
          )
      ))
    ON CONFLICT ON CONSTRAINT one_application_per_job_and_person DO NOTHING
    RETURNING id, job_id, person_id, status, created_at
), answer AS (
    -- The answer to the byte, so that it is kept as it is given. Ids, a status and a time need no escapes. The time is
    -- as RFC 3339 has it, without zeros at its end, as everywhere else.
    SELECT made.id, made.person_id, made.created_at, format(
        '{"id":"%s","job_id":"%s","status":"%s","created_at":"%sZ"}', made.id, made.job_id, made.status,
        regexp_replace(to_char(made.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '\.?0+$', '')
    ) AS body
    FROM made
), kept AS (
    INSERT INTO idempotency_keys (person_id, route, key_hash, fingerprint, status, body, resource_id)
    SELECT person_id, $13, $11, $12, 201, body, id FROM answer WHERE $11 IS NOT NULL
), history AS (
    INSERT INTO application_events (application_id, status, person_id)
    SELECT id, status, person_id FROM made
), letters AS (
    SELECT $5::uuid AS id, 'application_received' AS kind, 'application:' || made.id || ':received' AS reason,
           jsonb_build_object('application_id', made.id) AS payload
    FROM made
    UNION ALL
    -- A random id will do here: the ids of mails need not sort.
    SELECT gen_random_uuid(), 'new_application', 'application:' || made.id || ':new:' || m.person_id,
           jsonb_build_object('application_id', made.id, 'recipient_id', m.person_id)
    FROM made JOIN jobs j ON j.id = made.job_id JOIN company_members m ON m.company_id = j.company_id
), posted AS (
    INSERT INTO outbox (id, kind, reason, payload, priority, send_before, traceparent, tracestate)
    SELECT id, kind, reason, payload, 1, clock_timestamp() + make_interval(hours => $6), $7, $14 FROM letters
)
SELECT answer.body, answer.created_at, counted.used, (SELECT count(*) FROM letters) AS mails,
       extract(epoch FROM coalesce(counted.oldest, moment.at) + moment.span - moment.at)::float8 AS until_first,
       extract(epoch FROM counted.decisive + moment.span - moment.at)::float8 AS until_decisive
FROM moment CROSS JOIN counted LEFT JOIN answer ON true
