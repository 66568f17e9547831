-- The board: people and how they sign in, companies, jobs, applications.

CREATE TABLE people (
    id uuid PRIMARY KEY,
    -- As the person wrote it: mail is sent to this.
    email text NOT NULL CHECK (char_length(email) <= 254),
    -- With its domain in lower case: nobody is two people for the case of a domain.
    email_key text NOT NULL UNIQUE CHECK (char_length(email_key) <= 254),
    name text CHECK (char_length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Kept for 24 h; `api` sweeps.
CREATE TABLE sign_ins (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (char_length(email) <= 254),
    email_key text NOT NULL CHECK (char_length(email_key) <= 254),
    -- Which of the keys the token is derived with. The key stands in settings alone, so no dump signs anybody in.
    key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX sign_ins_by_age ON sign_ins (created_at);

CREATE TABLE companies (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    website text CHECK (website LIKE 'https://%'),
    place text CHECK (char_length(place) BETWEEN 1 AND 120),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE company_members (
    company_id uuid NOT NULL REFERENCES companies,
    person_id uuid NOT NULL REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (company_id, person_id)
);
CREATE INDEX company_members_by_person ON company_members (person_id);

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    title text NOT NULL CHECK (char_length(title) BETWEEN 3 AND 140),
    description text NOT NULL CHECK (char_length(description) BETWEEN 1 AND 20000),
    place text CHECK (char_length(place) BETWEEN 1 AND 120),
    remote text NOT NULL CHECK (remote IN ('no', 'hybrid', 'yes')),
    kind text NOT NULL CHECK (kind IN ('full_time', 'part_time', 'contract', 'internship', 'temporary')),
    -- In minor units of the currency.
    pay_from bigint CHECK (pay_from >= 0),
    pay_to bigint CHECK (pay_to >= 0),
    pay_currency text CHECK (pay_currency ~ '^[A-Z]{3}$'),
    pay_per text CHECK (pay_per IN ('hour', 'month', 'year')),
    closes_at timestamptz,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'closed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    CONSTRAINT pay_is_whole CHECK (
        (pay_from IS NULL AND pay_to IS NULL AND pay_currency IS NULL AND pay_per IS NULL)
        OR (pay_from IS NOT NULL AND pay_to >= pay_from AND pay_currency IS NOT NULL AND pay_per IS NOT NULL)
    ),
    CONSTRAINT published_has_its_time CHECK (status <> 'published' OR published_at IS NOT NULL)
);
CREATE INDEX jobs_newest_first ON jobs (published_at DESC, id DESC) WHERE status = 'published';
CREATE INDEX jobs_by_company ON jobs (company_id);

CREATE TABLE applications (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES jobs,
    person_id uuid NOT NULL REFERENCES people,
    letter text NOT NULL CHECK (char_length(letter) BETWEEN 1 AND 10000),
    status text NOT NULL DEFAULT 'received'
        CHECK (status IN ('received', 'viewed', 'interview', 'offer', 'declined', 'withdrawn')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_application_per_job_and_person UNIQUE (job_id, person_id)
);
CREATE INDEX applications_by_person ON applications (person_id, created_at DESC, id DESC);
CREATE INDEX applications_by_job ON applications (job_id, created_at DESC, id DESC);

CREATE TABLE application_events (
    application_id uuid NOT NULL REFERENCES applications,
    status text NOT NULL,
    person_id uuid NOT NULL REFERENCES people,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX application_events_by_application ON application_events (application_id, at);
