-- What a member of a company is told when somebody applied. Who has left the company meanwhile is told nothing.
-- $1 uuid: application. $2 uuid: the member.
-- Returns one row or none: email, name (null until set), applicant (null until set), title, company (text).
SELECT r.email, r.name, p.name AS applicant, j.title, c.name AS company
FROM applications a
JOIN people p ON p.id = a.person_id
JOIN jobs j ON j.id = a.job_id
JOIN companies c ON c.id = j.company_id
JOIN company_members m ON m.company_id = c.id AND m.person_id = $2
JOIN people r ON r.id = m.person_id
WHERE a.id = $1
