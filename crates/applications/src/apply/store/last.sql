SELECT a.id, a.created_at, k.key_hash
FROM applications a
LEFT JOIN idempotency_keys k ON k.person_id = a.person_id AND k.route = $2 AND k.resource_id = a.id
WHERE a.person_id = $1
ORDER BY a.created_at DESC
LIMIT $3
