-- The feed: one narrow row a firm; the update is the last lock a transaction takes.
CREATE TABLE firm_feed (
    firm_id uuid PRIMARY KEY REFERENCES firms (id),
    epoch uuid NOT NULL,
    revision bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE events (
    firm_id uuid NOT NULL REFERENCES firms (id),
    revision bigint NOT NULL,
    noun text NOT NULL,
    subject_id uuid NOT NULL,
    audience_before jsonb,
    audience_after jsonb,
    at timestamptz NOT NULL,
    PRIMARY KEY (firm_id, revision)
);

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    key text,
    firm_id uuid REFERENCES firms (id),
    payload jsonb NOT NULL,
    priority smallint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'READY' CHECK (status IN ('READY', 'RUNNING', 'DEAD')),
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CHECK (max_attempts > 0),
    lease_token uuid,
    lease_until timestamptz,
    worker text,
    last_error text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((status = 'RUNNING') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_until IS NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX jobs_key ON jobs (kind, key) WHERE key IS NOT NULL AND status <> 'DEAD';
CREATE INDEX jobs_ready ON jobs (kind, priority DESC, run_at, id) WHERE status = 'READY';
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE status = 'RUNNING';
CREATE INDEX jobs_dead ON jobs (finished_at) WHERE status = 'DEAD';

-- A kind is paused when the fault is not the job's: a rotated password, a relay rule.
CREATE TABLE job_pauses (
    kind text PRIMARY KEY,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
    actor_id uuid NOT NULL,
    mutation text NOT NULL,
    key text NOT NULL,
    input_hash bytea NOT NULL,
    outcome jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor_id, mutation, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- F-03: append-only.
CREATE TABLE audit (
    id uuid PRIMARY KEY,
    firm_id uuid REFERENCES firms (id),
    at timestamptz NOT NULL,
    account_id uuid REFERENCES accounts (id),
    staff_id uuid REFERENCES staff_members (id),
    access_id uuid REFERENCES portal_accesses (id),
    act text NOT NULL,
    noun text NOT NULL,
    subject_id uuid,
    address text,
    request_id text
);
CREATE INDEX audit_firm ON audit (firm_id, at);
CREATE INDEX audit_subject ON audit (subject_id, at);

CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();
