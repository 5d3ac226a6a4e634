-- Stored bytes, from the wish to upload them until they are stored or refused. Where they lie follows from
-- `firm_id`, `id` and `sha256`; only what is `STORED` exists for others than the uploader.
CREATE TABLE files (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid REFERENCES clients (id),
    uploader_staff uuid REFERENCES staff_members (id),
    uploader_access uuid REFERENCES portal_accesses (id),
    name text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    state text NOT NULL DEFAULT 'PENDING'
        CHECK (state IN ('PENDING', 'STAGED', 'STORED', 'REJECTED', 'QUARANTINED')),
    refusal text CHECK (refusal IN ('MISSING', 'WRONG_SIZE', 'WRONG_CHECKSUM', 'WRONG_TYPE', 'INFECTED')),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK (num_nonnulls(uploader_staff, uploader_access) = 1),
    CHECK ((refusal IS NOT NULL) = (state IN ('REJECTED', 'QUARANTINED'))),
    CHECK ((refusal IS NOT DISTINCT FROM 'INFECTED') = (state = 'QUARANTINED'))
);
CREATE INDEX files_unsettled ON files (firm_id) WHERE state IN ('PENDING', 'STAGED');
CREATE INDEX files_expiry ON files (expires_at) WHERE state = 'PENDING';

-- A file on something. Owners of other kinds come as further columns, of which each row has one.
CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    file_id uuid NOT NULL UNIQUE REFERENCES files (id),
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    message_id uuid REFERENCES ticket_messages (id),
    visibility text NOT NULL CHECK (visibility IN ('PUBLIC', 'INTERNAL')),
    created_at timestamptz NOT NULL
);
CREATE INDEX attachments_ticket ON attachments (ticket_id, id);
CREATE INDEX attachments_message ON attachments (message_id, id);

-- B-09, F-03: who opened which file, when, through what. Append-only.
CREATE TABLE file_accesses (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    file_id uuid NOT NULL REFERENCES files (id),
    at timestamptz NOT NULL,
    channel text NOT NULL CHECK (channel IN ('EMAIL_LINK', 'PORTAL', 'MOBILE', 'STAFF', 'EXPORT')),
    account_id uuid REFERENCES accounts (id),
    staff_id uuid REFERENCES staff_members (id),
    access_id uuid REFERENCES portal_accesses (id),
    address text,
    device text
);
CREATE INDEX file_accesses_file ON file_accesses (file_id, id);
CREATE TRIGGER file_accesses_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON file_accesses
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewrite();

-- D-08: files are in the history, those of notes for staff alone.
ALTER TABLE ticket_changes DROP CONSTRAINT ticket_changes_field_check;
ALTER TABLE ticket_changes ADD CONSTRAINT ticket_changes_field_check CHECK (field IN ('CREATED', 'STATUS',
    'SUBJECT', 'DESCRIPTION', 'PRICE', 'SERVICE_ITEM', 'ACCOUNTANT', 'ASSIGNEE', 'DEPARTMENT', 'FILE',
    'INTERNAL_FILE'));
