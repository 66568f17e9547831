SELECT (SELECT a.id FROM applications a WHERE a.job_id = $1 AND a.person_id = $2) AS application_id,
       -- None where the job does not exist for everybody: what was never published stays unseen, closed or not.
       (
           SELECT CASE WHEN j.status = 'published' AND j.closes_at <= clock_timestamp() THEN 'expired' ELSE j.status END
           FROM jobs j WHERE j.id = $1 AND j.published_at IS NOT NULL
       ) AS job_status,
       EXISTS (SELECT 1 FROM people p WHERE p.id = $2) AS is_there,
       EXISTS (SELECT 1 FROM people p WHERE p.id = $2 AND p.name IS NOT NULL) AS has_name
