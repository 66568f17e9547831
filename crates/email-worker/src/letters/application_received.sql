-- What a person is told whose application arrived. $1 uuid: application.
-- Returns one row or none: email, name (null until set), title, company (text).
SELECT p.email, p.name, j.title, c.name AS company
FROM applications a
JOIN people p ON p.id = a.person_id
JOIN jobs j ON j.id = a.job_id
JOIN companies c ON c.id = j.company_id
WHERE a.id = $1
