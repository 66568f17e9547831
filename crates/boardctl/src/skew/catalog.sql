-- Every fact of the schema that a function may stand on: its kind, its name, the relation that it is of, what it says,
-- the columns that it is about, and of a column whether it is never empty and whether it is filled in.
WITH relations AS (
    SELECT c.oid, c.relname::text AS name, c.relkind, c.relrowsecurity
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), columns AS (
    SELECT r.oid, r.name AS relation, a.attname::text AS name, a.attnum, a.atttypid, a.atttypmod, a.attnotnull,
           a.atthasdef, a.attidentity, a.attgenerated
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
), roles AS (
    SELECT oid, rolname::text AS name FROM pg_roles WHERE rolname = ANY ($1::text[])
)
SELECT 'relation' AS kind, name, name AS relation, relkind::text AS says, '{}'::text[] AS columns,
       false AS never_empty, false AS filled_in
FROM relations
UNION ALL
SELECT 'column', relation || '.' || name, relation,
       format_type(atttypid, atttypmod) || CASE attgenerated WHEN '' THEN '' ELSE ', generated' END,
       ARRAY[name], attnotnull, atthasdef OR attidentity <> ''
FROM columns
UNION ALL
SELECT 'constraint', r.name || '.' || c.conname, r.name, replace(pg_get_constraintdef(c.oid), ' NOT VALID', ''),
       ARRAY(SELECT k.name FROM columns k WHERE k.oid = c.conrelid AND k.attnum = ANY (c.conkey)), false, false
FROM pg_constraint c JOIN relations r ON r.oid = c.conrelid
WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'reference', by_whom.name || '.' || c.conname, r.name, pg_get_constraintdef(c.oid), '{}', false, false
FROM pg_constraint c
JOIN relations r ON r.oid = c.confrelid
JOIN relations by_whom ON by_whom.oid = c.conrelid
WHERE c.contype = 'f' AND c.confdeltype IN ('a', 'r')
    AND EXISTS (SELECT FROM roles WHERE has_table_privilege(roles.oid, r.oid, 'DELETE'))
UNION ALL
SELECT 'unique index', r.name || '.' || i.indexrelid::regclass::text, r.name, pg_get_indexdef(i.indexrelid),
       ARRAY(SELECT k.name FROM columns k WHERE k.oid = i.indrelid AND k.attnum = ANY (i.indkey)), false, false
FROM pg_index i JOIN relations r ON r.oid = i.indrelid
WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
UNION ALL
SELECT 'trigger', r.name || '.' || t.tgname, r.name, pg_get_triggerdef(t.oid), '{}', false, false
FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid
WHERE NOT t.tgisinternal
UNION ALL
SELECT CASE permissive WHEN 'PERMISSIVE' THEN 'policy' ELSE 'restriction' END, tablename || '.' || policyname,
       tablename::text, concat_ws(' ', qual, with_check), roles::text[] || cmd, false, false
FROM pg_policies
WHERE schemaname = 'public'
UNION ALL
SELECT 'row security', name, name, 'on', '{}', false, false FROM relations WHERE relrowsecurity
UNION ALL
SELECT 'routine', p.oid::regprocedure::text, '', pg_get_function_result(p.oid), '{}', false, false
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'right', roles.name || ' may no longer ' || verb || ' ' || c.relation || '.' || c.name, c.relation, verb,
       ARRAY[c.name], false, false
FROM roles, columns c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS verb
WHERE has_column_privilege(roles.oid, c.oid, c.attnum, verb)
UNION ALL
SELECT 'right', roles.name || ' may no longer DELETE from ' || r.name, r.name, 'DELETE', '{}', false, false
FROM roles, relations r WHERE has_table_privilege(roles.oid, r.oid, 'DELETE')
UNION ALL
SELECT 'right', roles.name || ' may no longer see the schema public', '', 'USAGE', '{}', false, false
FROM roles WHERE has_schema_privilege(roles.oid, 'public', 'USAGE')
ORDER BY 1, 2
