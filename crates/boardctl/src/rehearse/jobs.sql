WITH employer AS (
    INSERT INTO people (id, email, email_key, name)
    SELECT id, id || '@people.example', id || '@people.example', 'Emmy' FROM gen_random_uuid() AS id RETURNING id
), company AS (
    INSERT INTO companies (id, name) VALUES (gen_random_uuid(), 'Walkers') RETURNING id
), member AS (
    INSERT INTO company_members (company_id, person_id) SELECT company.id, employer.id FROM company, employer
)
INSERT INTO jobs (id, company_id, title, description, remote, kind, status, published_at)
SELECT gen_random_uuid(), company.id, 'Guide ' || number, 'Walk.', 'no', 'full_time', 'published', clock_timestamp()
FROM company, generate_series(1, $1::integer) AS number
RETURNING id::text
