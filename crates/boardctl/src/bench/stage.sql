WITH company AS (
    INSERT INTO companies (id, name) VALUES (gen_random_uuid(), 'Engines Ltd') RETURNING id
), member AS (
    INSERT INTO people (id, email, email_key, name)
    VALUES (gen_random_uuid(), 'charles@people.example', 'charles@people.example', 'Charles Babbage') RETURNING id
), membership AS (
    INSERT INTO company_members (company_id, person_id) SELECT company.id, member.id FROM company, member
)
INSERT INTO jobs (id, company_id, title, description, place, remote, kind, status, published_at)
SELECT gen_random_uuid(), company.id, 'Carpenter', repeat('Build stairs, and doors. ', 40), 'Bern', 'no', 'full_time',
       'published', now()
FROM company, generate_series(1, 11)
