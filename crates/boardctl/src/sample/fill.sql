-- The rows of `board.json` ($1), each with an id; times count back from $2.
WITH person AS (
    INSERT INTO people (id, email, email_key, name, created_at)
    SELECT id, email, email, name, $2::timestamptz - make_interval(days => days_ago)
    FROM jsonb_to_recordset($1::jsonb -> 'people') AS row (id uuid, email text, name text, days_ago int)
), company AS (
    INSERT INTO companies (id, name, website, place, created_at)
    SELECT id, name, website, place, $2::timestamptz - make_interval(days => days_ago)
    FROM jsonb_to_recordset($1::jsonb -> 'companies') AS row (id uuid, name text, website text, place text, days_ago int)
    RETURNING id, name
), member AS (
    -- The first person works for the first company.
    INSERT INTO company_members (company_id, person_id)
    SELECT ($1::jsonb #>> '{companies,0,id}')::uuid, ($1::jsonb #>> '{people,0,id}')::uuid
)
INSERT INTO jobs (id, company_id, title, description, place, remote, kind, pay_from, pay_to, pay_currency, pay_per,
                  status, created_at, published_at, closes_at)
SELECT row.id, company.id, row.title, row.description, row.place, row.remote, row.kind,
       row.pay_from, row.pay_to, row.pay_currency, row.pay_per, row.status,
       $2::timestamptz - make_interval(mins => row.minutes_ago),
       $2::timestamptz - make_interval(mins => row.published_minutes_ago),
       $2::timestamptz + make_interval(mins => row.closes_in_minutes)
FROM jsonb_to_recordset($1::jsonb -> 'jobs') AS row (
    id uuid, company text, title text, description text, place text, remote text, kind text,
    pay_from bigint, pay_to bigint, pay_currency text, pay_per text,
    status text, minutes_ago int, published_minutes_ago int, closes_in_minutes int
)
JOIN company ON company.name = row.company
