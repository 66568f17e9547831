-- Expand: keys of mailboxes are in lower case as a whole, so that one mailbox is one person. Until now upper and lower
-- case before the @ told two people apart. Older functions run on beside it: triggers make lower case of the keys that
-- they write, so that `api` of any age finds the one person. They go in a contract, when no `api` is older than the
-- first one that lowers keys itself.
--
-- What becomes of those who were several: the oldest person is the mailbox's. What the others have is theirs from now
-- on: companies, applications with their history, kept answers, a name where they have none, and mails to them that
-- still wait. An other that has nothing left is deleted; its access tokens, good for 15 minutes at most, are refused, and
-- whoever held one signs in again. One thing cannot be moved: an application for a job for which the oldest (or an
-- older one of the others) has one, too, since one person applies for a job once. It stays as it is, so that its
-- employer loses no letter, and with it its person, under a key that is no address, so that nobody signs in as it.
--
-- It moves rows, as migrations otherwise don't: these are few, and between two steps both people would be there.

CREATE FUNCTION lower_email_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_key := lower(NEW.email_key COLLATE "C");
    RETURN NEW;
END
$$;

-- From here on nobody else writes people or sign-ins until the end.
CREATE TRIGGER lower_email_key BEFORE INSERT OR UPDATE OF email_key ON people
    FOR EACH ROW EXECUTE FUNCTION lower_email_key();
CREATE TRIGGER lower_email_key BEFORE INSERT OR UPDATE OF email_key ON sign_ins
    FOR EACH ROW EXECUTE FUNCTION lower_email_key();

-- A row for each person that is not the oldest of its mailbox.
CREATE TEMPORARY TABLE same_mailbox ON COMMIT DROP AS
SELECT id AS other, oldest, place
FROM (
    SELECT id,
           first_value(id) OVER mailbox AS oldest,
           row_number() OVER mailbox AS place
    FROM people
    -- Only these can be several: nearly all keys are in lower case already.
    WHERE lower(email_key COLLATE "C") IN (
        SELECT lower(email_key COLLATE "C") FROM people WHERE email_key <> lower(email_key COLLATE "C")
    )
    WINDOW mailbox AS (PARTITION BY lower(email_key COLLATE "C") ORDER BY created_at, id)
) AS all_people
WHERE place > 1;

-- Nobody applies or joins a company as one of them meanwhile.
SELECT FROM people WHERE id IN (SELECT other FROM same_mailbox UNION SELECT oldest FROM same_mailbox) FOR UPDATE;

UPDATE people p SET name = named.name
FROM (
    SELECT DISTINCT ON (s.oldest) s.oldest, o.name
    FROM same_mailbox s JOIN people o ON o.id = s.other
    WHERE o.name IS NOT NULL
    ORDER BY s.oldest, s.place
) AS named
WHERE p.id = named.oldest AND p.name IS NULL;

INSERT INTO company_members (company_id, person_id, created_at)
SELECT m.company_id, s.oldest, min(m.created_at)
FROM company_members m JOIN same_mailbox s ON s.other = m.person_id
GROUP BY m.company_id, s.oldest
ON CONFLICT DO NOTHING;

DELETE FROM company_members m USING same_mailbox s WHERE m.person_id = s.other;

UPDATE applications a SET person_id = moved.oldest
FROM (
    SELECT DISTINCT ON (s.oldest, o.job_id) o.id, s.oldest
    FROM same_mailbox s JOIN applications o ON o.person_id = s.other
    WHERE NOT EXISTS (SELECT FROM applications own WHERE own.person_id = s.oldest AND own.job_id = o.job_id)
    ORDER BY s.oldest, o.job_id, o.created_at, o.id
) AS moved
WHERE a.id = moved.id;

-- Also what the others did as members of a company, but not the history of what stays theirs.
UPDATE application_events e SET person_id = s.oldest
FROM same_mailbox s
WHERE e.person_id = s.other
  AND NOT EXISTS (SELECT FROM applications a WHERE a.id = e.application_id AND a.person_id = s.other);

UPDATE idempotency_keys k SET person_id = moved.oldest
FROM (
    SELECT DISTINCT ON (s.oldest, o.route, o.key_hash) o.person_id, o.route, o.key_hash, s.oldest
    FROM same_mailbox s JOIN idempotency_keys o ON o.person_id = s.other
    WHERE NOT EXISTS (
        SELECT FROM idempotency_keys own
        WHERE own.person_id = s.oldest AND own.route = o.route AND own.key_hash = o.key_hash
    )
    ORDER BY s.oldest, o.route, o.key_hash, o.created_at
) AS moved
WHERE k.person_id = moved.person_id AND k.route = moved.route AND k.key_hash = moved.key_hash;

UPDATE outbox o SET payload = jsonb_set(o.payload, '{recipient_id}', to_jsonb(s.oldest::text))
FROM same_mailbox s
WHERE o.state = 'queued' AND o.kind = 'new_application' AND o.payload ->> 'recipient_id' = s.other::text;

-- Also what the foreign key asks when a person is deleted.
CREATE INDEX application_events_by_person ON application_events (person_id);

DELETE FROM people p USING same_mailbox s
WHERE p.id = s.other
  AND NOT EXISTS (SELECT FROM applications a WHERE a.person_id = p.id)
  AND NOT EXISTS (SELECT FROM application_events e WHERE e.person_id = p.id);

-- Those that stay make room first.
UPDATE people p SET email_key = 'merged:' || p.id FROM same_mailbox s WHERE p.id = s.other;
UPDATE people SET email_key = lower(email_key COLLATE "C") WHERE email_key <> lower(email_key COLLATE "C");
UPDATE sign_ins SET email_key = lower(email_key COLLATE "C") WHERE email_key <> lower(email_key COLLATE "C");
