CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE TABLE firms (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    locale text NOT NULL CHECK (locale IN ('pt-BR', 'fr', 'es', 'en')),
    zone text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    mail_from text NOT NULL,
    mail_reply_to text,
    member_reach text NOT NULL DEFAULT 'ALL' CHECK (member_reach IN ('ALL', 'OWN')),
    client_reopen_days integer NOT NULL DEFAULT 0 CHECK (client_reopen_days BETWEEN 0 AND 3650),
    charge_due_days integer NOT NULL DEFAULT 10 CHECK (charge_due_days BETWEEN 0 AND 3650),
    created_at timestamptz NOT NULL
);

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    email_ci text NOT NULL UNIQUE,
    name text NOT NULL,
    locale text NOT NULL CHECK (locale IN ('pt-BR', 'fr', 'es', 'en')),
    password_hash text,
    verified_at timestamptz,
    created_at timestamptz NOT NULL
);

CREATE TABLE staff_members (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('OWNER', 'MANAGER', 'MEMBER')),
    joined_at timestamptz,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (firm_id, account_id)
);
CREATE INDEX staff_members_account ON staff_members (account_id);

CREATE TABLE departments (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    name text NOT NULL,
    lead_id uuid NOT NULL REFERENCES staff_members (id),
    created_at timestamptz NOT NULL,
    UNIQUE (firm_id, name)
);

CREATE TABLE department_members (
    department_id uuid NOT NULL REFERENCES departments (id),
    staff_id uuid NOT NULL REFERENCES staff_members (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    PRIMARY KEY (department_id, staff_id)
);
CREATE INDEX department_members_staff ON department_members (staff_id);

CREATE TABLE clients (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    name text NOT NULL,
    registration text,
    email text,
    phone text,
    locale text NOT NULL CHECK (locale IN ('pt-BR', 'fr', 'es', 'en')),
    accountant_id uuid REFERENCES staff_members (id),
    search_text text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX clients_firm_name ON clients (firm_id, name, id);
CREATE INDEX clients_accountant ON clients (accountant_id);
CREATE INDEX clients_search ON clients USING gin (firm_id, search_text gin_trgm_ops);

-- F-02: recipients per client and topic. Without a row, the client's address of record serves.
CREATE TABLE client_recipients (
    client_id uuid NOT NULL REFERENCES clients (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    topic text NOT NULL CHECK (topic IN ('TICKETS')),
    position integer NOT NULL,
    email text NOT NULL,
    PRIMARY KEY (client_id, topic, position)
);

CREATE TABLE portal_accesses (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    role text NOT NULL CHECK (role IN ('ADMIN', 'COLLABORATOR')),
    status text NOT NULL CHECK (status IN ('INVITED', 'PENDING', 'ACTIVE', 'DISABLED')),
    created_at timestamptz NOT NULL,
    UNIQUE (client_id, account_id)
);
CREATE INDEX portal_accesses_account ON portal_accesses (account_id);

-- An invitation opens one hat only: who may invite somebody gains nothing of that account's other hats.
CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    staff_id uuid REFERENCES staff_members (id),
    access_id uuid REFERENCES portal_accesses (id),
    secret_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CHECK (num_nonnulls(staff_id, access_id) = 1)
);
CREATE INDEX invitations_account ON invitations (account_id);

-- B-13: a session acts as at most one hat; without one it can only choose.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    account_id uuid NOT NULL REFERENCES accounts (id),
    staff_id uuid REFERENCES staff_members (id),
    access_id uuid REFERENCES portal_accesses (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (num_nonnulls(staff_id, access_id) <= 1)
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- One row a failed attempt; counted by account and by address.
CREATE TABLE sign_in_failures (
    id uuid PRIMARY KEY,
    email_ci text NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_email ON sign_in_failures (email_ci, at);
CREATE INDEX sign_in_failures_address ON sign_in_failures (address, at);
CREATE INDEX sign_in_failures_at ON sign_in_failures (at);
