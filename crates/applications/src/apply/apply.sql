WITH made AS (
    INSERT INTO applications (id, job_id, person_id, letter)
    SELECT $1, j.id, p.id, $4
    FROM jobs j, people p
    WHERE j.id = $2 AND j.status = 'published' AND (j.closes_at IS NULL OR j.closes_at > clock_timestamp())
      AND p.id = $3 AND p.name IS NOT NULL
    ON CONFLICT ON CONSTRAINT one_application_per_job_and_person DO NOTHING
    RETURNING id, job_id, person_id, status, created_at
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
    INSERT INTO outbox (id, kind, reason, payload, priority, send_before, traceparent)
    SELECT id, kind, reason, payload, 1, clock_timestamp() + make_interval(hours => $6), $7 FROM letters
)
SELECT created_at FROM made
