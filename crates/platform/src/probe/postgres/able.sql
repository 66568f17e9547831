-- Whether this session may write, which of the bounds it does not have that it asked for ($1, $2), and which of the
-- rights its login lacks that the function needs ($3, $4, $5; no column where a right is on the whole table).
SELECT
    current_setting('transaction_read_only')::boolean AS read_only,
    ARRAY(
        SELECT name
        FROM unnest($1::text[], $2::text[]) AS bound (name, value)
        WHERE current_setting(name)::interval <> value::interval
    ) AS unbounded,
    ARRAY(
        SELECT concat(privilege, ' on ', relation, '.' || attribute)
        FROM unnest($3::text[], $4::text[], $5::text[]) AS needed (privilege, relation, attribute)
        WHERE NOT coalesce(
            CASE
                WHEN attribute IS NULL THEN has_table_privilege(to_regclass('public.' || relation), privilege)
                ELSE (
                    SELECT has_column_privilege(attrelid, attnum, privilege)
                    FROM pg_attribute
                    WHERE attrelid = to_regclass('public.' || relation) AND attname = attribute AND NOT attisdropped
                )
            END,
            false
        )
    ) AS lacking
