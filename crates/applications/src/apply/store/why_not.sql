SELECT (SELECT a.id FROM applications a WHERE a.job_id = $1 AND a.person_id = $2) AS application_id,
       EXISTS (
           SELECT 1 FROM jobs j
           WHERE j.id = $1 AND j.status = 'published' AND (j.closes_at IS NULL OR j.closes_at > clock_timestamp())
       ) AS is_open,
       EXISTS (SELECT 1 FROM people p WHERE p.id = $2) AS is_there,
       EXISTS (SELECT 1 FROM people p WHERE p.id = $2 AND p.name IS NOT NULL) AS has_name
