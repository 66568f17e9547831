INSERT INTO people (id, email, email_key, name)
SELECT id, id || '@people.example', id || '@people.example', 'Candy'
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::integer)) AS ids
RETURNING id::text
