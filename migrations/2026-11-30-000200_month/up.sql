-- The month: obligations and their due dates, kinds of work, recurring tasks, tasks, documents.

-- C-09: what rules ask of a client. The country is fixed; everything that can change has the day from which it holds.
ALTER TABLE clients
    ADD COLUMN country text CHECK (country ~ '^[A-Z]{2}$'),
    -- Where its days begin; without one, those of the firm.
    ADD COLUMN zone text,
    -- MM-DD on which its fiscal years end; years that do not follow it are in `fiscal_years`.
    ADD COLUMN fiscal_year_end text NOT NULL DEFAULT '12-31' CHECK (fiscal_year_end ~ '^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'),
    -- The last day on which the firm serves it: nothing is generated for periods that begin later.
    ADD COLUMN ended_on date;
UPDATE clients SET country = firms.country FROM firms WHERE firms.id = clients.firm_id;
ALTER TABLE clients ALTER COLUMN country SET NOT NULL;

-- Registration numbers in their canonical spelling; `root` is what branches of one company share.
CREATE TABLE registrations (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    kind text NOT NULL,
    number text NOT NULL,
    root text NOT NULL,
    is_primary boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    UNIQUE (client_id, kind, number)
);
CREATE UNIQUE INDEX registrations_primary ON registrations (client_id) WHERE is_primary;
CREATE INDEX registrations_number ON registrations (firm_id, number);
CREATE INDEX registrations_root ON registrations (firm_id, root);

-- Place (`region`, `city`), `legalForm`, `department`, `staff` and any other key that a rule asks for.
CREATE TABLE client_attributes (
    client_id uuid NOT NULL REFERENCES clients (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    key text NOT NULL,
    valid_from date NOT NULL,
    -- Null: unknown from then on.
    value jsonb,
    PRIMARY KEY (client_id, key, valid_from)
);

-- Fiscal years that do not follow the pattern of the record: first and last ones, and changes of the closing day.
CREATE TABLE fiscal_years (
    client_id uuid NOT NULL REFERENCES clients (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    PRIMARY KEY (client_id, ends_on),
    CHECK (starts_on <= ends_on)
);

-- A day that a rule waits for (`accountsApproved`), of a client and a period.
CREATE TABLE client_events (
    client_id uuid NOT NULL REFERENCES clients (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    name text NOT NULL,
    period text NOT NULL,
    happened_on date NOT NULL,
    PRIMARY KEY (client_id, name, period)
);

-- C-09: obligations that a firm adopted from the shipped catalogue, or made itself. Versions of adopted ones are copies of
-- the shipped versions, so that an upgrade moves nothing before the firm has seen what would move.
CREATE TABLE obligations (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    code text NOT NULL,
    -- The code in the shipped catalogue; none for the firm's own.
    shipped_code text,
    category text NOT NULL CHECK (category IN ('TAX', 'PAYROLL', 'ACCOUNTING', 'CORPORATE', 'OTHER')),
    kind text NOT NULL CHECK (kind IN ('MONTH', 'QUARTER', 'YEAR', 'FISCAL_YEAR')),
    jurisdiction text NOT NULL,
    name text NOT NULL,
    name_key bytea NOT NULL DEFAULT '',
    -- The hour until which it can be done on the last day.
    cutoff text,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (firm_id, code)
);
CREATE INDEX obligations_firm_name_key ON obligations (firm_id, name_key, id);
CREATE INDEX obligations_unkeyed ON obligations (id) WHERE name_key = '';
CREATE TRIGGER stale_key BEFORE UPDATE OF name ON obligations FOR EACH ROW
    WHEN (NEW.name IS DISTINCT FROM OLD.name AND NEW.name_key = OLD.name_key) EXECUTE FUNCTION drop_stale_name_key();

-- No overlap within an obligation: checked under the lock of its row.
CREATE TABLE rule_versions (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    obligation_id uuid NOT NULL REFERENCES obligations (id),
    -- As written (month, year or day), and as days: a period is covered by its first day.
    valid_from text,
    valid_to text,
    first_day date,
    last_day date,
    due jsonb NOT NULL,
    source text NOT NULL,
    status text NOT NULL CHECK (status IN ('CONFIRMED', 'KNOWN', 'UNCERTAIN')),
    -- A doubt, in words.
    note text,
    -- The digest of the shipped version that this is a copy of; none for the firm's own.
    shipped_digest text,
    created_at timestamptz NOT NULL
);
CREATE INDEX rule_versions_obligation ON rule_versions (obligation_id);

-- One-off extensions by an authority: the last published holds, and nothing shifts it.
CREATE TABLE due_date_extensions (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    obligation_id uuid NOT NULL REFERENCES obligations (id),
    period text NOT NULL,
    -- Only for these places (regions and cities by official codes); for all without.
    places text[] NOT NULL DEFAULT '{}',
    -- Only for clients with these attributes.
    condition jsonb,
    due_on date NOT NULL,
    published_on date NOT NULL,
    source text NOT NULL,
    shipped_digest text,
    created_at timestamptz NOT NULL
);
CREATE INDEX due_date_extensions_obligation ON due_date_extensions (obligation_id, period);

-- Days off that a firm added: of a city, by decree, or (kind O) of its own office.
CREATE TABLE firm_holidays (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    country text NOT NULL,
    region text,
    city text,
    date date NOT NULL,
    kinds text NOT NULL CHECK (kinds ~ '^[BFLO]+$'),
    name text NOT NULL,
    source text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX firm_holidays_day ON firm_holidays
    (firm_id, country, coalesce(region, ''), coalesce(city, ''), date);

-- Years of a place of which the firm said that their holidays are complete.
CREATE TABLE confirmed_years (
    firm_id uuid NOT NULL REFERENCES firms (id),
    country text NOT NULL,
    region text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    year integer NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (firm_id, country, region, city, year)
);

-- The firm's office, for its own work: days of the week that are worked (1 is Monday), and its place.
ALTER TABLE firms
    ADD COLUMN office_days smallint[] NOT NULL DEFAULT '{1,2,3,4,5}',
    ADD COLUMN office_region text,
    ADD COLUMN office_city text,
    -- A-10: whether a task that is done still takes files of the client.
    ADD COLUMN late_files boolean NOT NULL DEFAULT true,
    -- A demo's clock runs ahead by this much; never that of a firm with real clients.
    ADD COLUMN is_demo boolean NOT NULL DEFAULT false,
    ADD COLUMN clock_ahead_seconds bigint NOT NULL DEFAULT 0,
    -- The firm's day that its screens were last told of.
    ADD COLUMN told_day date,
    -- C-08: the last of its days whose tasks were all generated.
    ADD COLUMN generated_on date,
    ADD CONSTRAINT firms_clock CHECK (clock_ahead_seconds = 0 OR is_demo);

CREATE TABLE task_types (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    name text NOT NULL,
    name_key bytea NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    -- The code in the shipped catalogue; none for the firm's own.
    shipped_code text,
    category text NOT NULL CHECK (category IN ('TAX', 'PAYROLL', 'ACCOUNTING', 'CORPORATE', 'OTHER')),
    department_id uuid REFERENCES departments (id),
    obligation_id uuid REFERENCES obligations (id),
    -- C-09: chains on the legal date; without one, the firm's own date is the legal one.
    target_rule jsonb,
    hand_in_rule jsonb,
    -- C-08: MONTHS with every n, or CHOSEN_MONTHS; quarters and years are MONTHS of 3 and 12.
    period_kind text NOT NULL CHECK (period_kind IN ('MONTH', 'QUARTER', 'YEAR', 'FISCAL_YEAR')),
    every integer NOT NULL DEFAULT 1 CHECK (every BETWEEN 1 AND 60),
    months smallint[] NOT NULL DEFAULT '{}',
    -- When to generate: this day of this month, counted from the month in which the period ends.
    generate_month integer NOT NULL DEFAULT 0 CHECK (generate_month BETWEEN -36 AND 36),
    generate_day smallint NOT NULL DEFAULT 20 CHECK (generate_day BETWEEN 1 AND 31),
    -- The default assignee: a fixed one, else the client's accountant, else an owner.
    assignee_id uuid REFERENCES staff_members (id),
    -- Whether the client's accountant comes before the fixed one.
    assign_portfolio boolean NOT NULL DEFAULT true,
    is_requestable boolean NOT NULL DEFAULT false,
    -- A-11
    expects_documents boolean NOT NULL DEFAULT true,
    active boolean NOT NULL DEFAULT true,
    search_text text NOT NULL,
    search_fold smallint NOT NULL DEFAULT 1,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (firm_id, name)
);
CREATE INDEX task_types_firm_name_key ON task_types (firm_id, name_key, id);
CREATE INDEX task_types_unkeyed ON task_types (id) WHERE name_key = '';
CREATE TRIGGER stale_key BEFORE UPDATE OF name ON task_types FOR EACH ROW
    WHEN (NEW.name IS DISTINCT FROM OLD.name AND NEW.name_key = OLD.name_key) EXECUTE FUNCTION drop_stale_name_key();

CREATE TABLE document_definitions (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    task_type_id uuid NOT NULL REFERENCES task_types (id),
    position integer NOT NULL,
    name text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('INPUT', 'OUTPUT')),
    category text NOT NULL CHECK (category IN ('TAX', 'PAYROLL', 'ACCOUNTING', 'CORPORATE', 'OTHER')),
    -- The first level of its folder in the client's library; the name of its category without one.
    folder text,
    -- Its own obligation; else that of the task type.
    obligation_id uuid REFERENCES obligations (id),
    -- A-09: whether a second file is a new version or an addition.
    takes text NOT NULL DEFAULT 'REPLACE' CHECK (takes IN ('REPLACE', 'ADD')),
    publish_on_upload boolean NOT NULL DEFAULT false,
    wants_approval boolean NOT NULL DEFAULT false,
    is_required boolean NOT NULL DEFAULT true,
    recognisers jsonb NOT NULL DEFAULT '[]',
    -- Gone from new tasks; old ones keep it.
    retired_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX document_definitions_type ON document_definitions (task_type_id, position);
CREATE INDEX document_definitions_obligation ON document_definitions (obligation_id) WHERE obligation_id IS NOT NULL;

CREATE TABLE recurring_tasks (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    task_type_id uuid NOT NULL REFERENCES task_types (id),
    -- Fixed for this client; else as the task type says.
    assignee_id uuid REFERENCES staff_members (id),
    first_period text NOT NULL,
    last_period text,
    -- A-11; null: as the task type says.
    expects_documents boolean,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX recurring_tasks_client ON recurring_tasks (client_id, task_type_id);
CREATE INDEX recurring_tasks_type ON recurring_tasks (task_type_id, id);
CREATE INDEX recurring_tasks_firm ON recurring_tasks (firm_id, id);

CREATE TABLE recurring_task_pauses (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    recurring_task_id uuid NOT NULL REFERENCES recurring_tasks (id),
    from_period text NOT NULL,
    -- Null: until somebody resumes it.
    to_period text,
    reason text NOT NULL DEFAULT ''
);
CREATE INDEX recurring_task_pauses_of ON recurring_task_pauses (recurring_task_id);

-- C-09, A-11: what differs for one client: a rule or a date for periods, per document or for the task.
CREATE TABLE recurring_task_overrides (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    recurring_task_id uuid NOT NULL REFERENCES recurring_tasks (id),
    definition_id uuid REFERENCES document_definitions (id),
    from_period text NOT NULL,
    to_period text,
    due jsonb NOT NULL,
    reason text NOT NULL
);
CREATE INDEX recurring_task_overrides_of ON recurring_task_overrides (recurring_task_id);

-- A-11: documents of the type that this client is not asked for.
CREATE TABLE recurring_task_unexpected (
    recurring_task_id uuid NOT NULL REFERENCES recurring_tasks (id),
    definition_id uuid NOT NULL REFERENCES document_definitions (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    PRIMARY KEY (recurring_task_id, definition_id)
);

-- A run of the generation, by the hourly tick or by a person.
CREATE TABLE generations (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    requested_by uuid REFERENCES staff_members (id),
    -- What is to be generated: everything due by this day, of these clients and types.
    up_to date NOT NULL,
    filter jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN ('RUNNING', 'DONE', 'UNDOING', 'UNDONE')),
    planned integer NOT NULL DEFAULT 0,
    made integer NOT NULL DEFAULT 0,
    undone integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX generations_firm ON generations (firm_id, created_at DESC, id DESC);
CREATE INDEX generations_running ON generations (firm_id) WHERE state IN ('RUNNING', 'UNDOING');

-- C-11: what somebody undid; no tick makes it again, a person's run does.
CREATE TABLE undone_periods (
    recurring_task_id uuid NOT NULL REFERENCES recurring_tasks (id),
    period text NOT NULL,
    firm_id uuid NOT NULL REFERENCES firms (id),
    undone_by uuid NOT NULL REFERENCES staff_members (id),
    undone_at timestamptz NOT NULL,
    PRIMARY KEY (recurring_task_id, period)
);

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    recurring_task_id uuid REFERENCES recurring_tasks (id),
    task_type_id uuid REFERENCES task_types (id),
    generation_id uuid REFERENCES generations (id),
    origin text NOT NULL CHECK (origin IN ('RECURRING', 'HAND', 'CLIENT_REQUEST')),
    period text,
    period_starts_on date,
    period_ends_on date,
    title text COLLATE "und-x-icu" NOT NULL,
    description text NOT NULL DEFAULT '',
    assignee_id uuid NOT NULL REFERENCES staff_members (id),
    department_id uuid REFERENCES departments (id),
    status text NOT NULL CHECK (status IN ('TODO', 'IN_PROGRESS', 'WAITING_CLIENT', 'DONE', 'CANCELED')),
    -- C-09: three dates; those that a person set do not follow the legal one.
    legal_due_on date,
    target_on date,
    hand_in_by date,
    is_target_set boolean NOT NULL DEFAULT false,
    is_hand_in_set boolean NOT NULL DEFAULT false,
    -- Why the legal date is not final; empty when it is.
    provisional jsonb NOT NULL DEFAULT '[]',
    -- How the legal date follows, as it was computed: version, steps, what was beaten.
    due_facts jsonb,
    was_generated_late boolean NOT NULL DEFAULT false,
    is_untouched boolean NOT NULL DEFAULT true,
    last_message_seq integer NOT NULL DEFAULT 0,
    search_text text NOT NULL,
    search_fold smallint NOT NULL DEFAULT 1,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at timestamptz,
    UNIQUE (recurring_task_id, period),
    CHECK ((closed_at IS NOT NULL) = (status IN ('DONE', 'CANCELED'))),
    CHECK ((origin = 'RECURRING') = (recurring_task_id IS NOT NULL)),
    CHECK ((period IS NULL) = (period_starts_on IS NULL) AND (period IS NULL) = (period_ends_on IS NULL))
);

-- C-13: a client's library. `key` names a folder that files go to by themselves, whatever it is called now.
CREATE TABLE folders (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    parent_id uuid REFERENCES folders (id),
    name text COLLATE "und-x-icu" NOT NULL,
    key text,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX folders_key ON folders (client_id, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX folders_name ON folders (client_id, coalesce(parent_id, '00000000-0000-0000-0000-000000000000'), name);

CREATE TABLE documents (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    task_id uuid REFERENCES tasks (id),
    definition_id uuid REFERENCES document_definitions (id),
    task_type_id uuid REFERENCES task_types (id),
    -- Those of its task, within whose reach it lies.
    assignee_id uuid REFERENCES staff_members (id),
    department_id uuid REFERENCES departments (id),
    folder_id uuid REFERENCES folders (id),
    direction text NOT NULL CHECK (direction IN ('INPUT', 'OUTPUT')),
    category text NOT NULL CHECK (category IN ('TAX', 'PAYROLL', 'ACCOUNTING', 'CORPORATE', 'OTHER')),
    name text COLLATE "und-x-icu" NOT NULL,
    period text,
    period_starts_on date,
    takes text NOT NULL DEFAULT 'REPLACE' CHECK (takes IN ('REPLACE', 'ADD')),
    wants_approval boolean NOT NULL DEFAULT false,
    is_required boolean NOT NULL DEFAULT true,
    -- `due_on` is what the client sees: the day to hand in, or the legal day of what is delivered.
    legal_due_on date,
    due_on date,
    is_due_set boolean NOT NULL DEFAULT false,
    provisional jsonb NOT NULL DEFAULT '[]',
    due_facts jsonb,
    -- Where it stands: nobody handed anything in or delivered anything; files are there; rejected, so missing again;
    -- settled without a file; not expected any more because its task was canceled. Who and why: its history.
    state text NOT NULL DEFAULT 'EXPECTED'
        CHECK (state IN ('EXPECTED', 'FILED', 'REJECTED', 'NOTHING_TO_SUBMIT', 'DROPPED')),
    -- The first publication of the present version; only then does the client see its file.
    published_at timestamptz,
    -- A-05: when somebody of the client opened the present version.
    read_at timestamptz,
    approval text CHECK (approval IN ('WAITING', 'APPROVED', 'CONTESTED')),
    last_version integer NOT NULL DEFAULT 0,
    search_text text NOT NULL,
    search_fold smallint NOT NULL DEFAULT 1,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (task_id, definition_id),
    CHECK (read_at IS NULL OR published_at IS NOT NULL)
);

-- A-05, A-09: a file as a version of a document. The file belongs to the document as an attachment.
CREATE TABLE document_versions (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    document_id uuid NOT NULL REFERENCES documents (id),
    number integer NOT NULL,
    attachment_id uuid NOT NULL UNIQUE REFERENCES attachments (id),
    sha256 bytea NOT NULL,
    -- Handed in after the task was done (A-10).
    is_late boolean NOT NULL DEFAULT false,
    -- An addition stands beside the earlier ones; a replacement takes their place.
    is_current boolean NOT NULL DEFAULT true,
    note text,
    published_at timestamptz,
    rejected_at timestamptz,
    rejection text,
    read_at timestamptz,
    read_by uuid REFERENCES portal_accesses (id),
    -- What a slip says of itself (A-15).
    due_on date,
    created_at timestamptz NOT NULL,
    UNIQUE (document_id, number)
);

-- C-03: filters that a person, or the whole firm, gave a name.
CREATE TABLE saved_views (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    -- None: the whole firm's.
    staff_id uuid REFERENCES staff_members (id),
    list text NOT NULL,
    name text NOT NULL,
    filter jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX saved_views_name ON saved_views
    (firm_id, coalesce(staff_id, '00000000-0000-0000-0000-000000000000'), list, name);

-- F-05: a calendar feed of a person; its address is a secret that can be replaced.
CREATE TABLE calendar_feeds (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    staff_id uuid UNIQUE REFERENCES staff_members (id),
    access_id uuid UNIQUE REFERENCES portal_accesses (id),
    secret_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    CHECK (num_nonnulls(staff_id, access_id) = 1)
);

-- Exports that are too large for one answer: written by a worker, downloaded when ready.
CREATE TABLE exports (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    requested_by uuid NOT NULL REFERENCES staff_members (id),
    list text NOT NULL,
    format text NOT NULL CHECK (format IN ('CSV', 'XLSX')),
    filter jsonb NOT NULL,
    locale text NOT NULL,
    state text NOT NULL CHECK (state IN ('QUEUED', 'READY', 'FAILED')),
    rows integer,
    file_id uuid REFERENCES files (id),
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX exports_firm ON exports (firm_id, created_at DESC, id DESC);

-- Lists, panels, calendars.
-- Lists by date have tasks without one at their end.
CREATE INDEX tasks_firm_due ON tasks (firm_id, coalesce(legal_due_on, '9999-12-31'), id);
CREATE INDEX tasks_firm_target ON tasks (firm_id, coalesce(target_on, '9999-12-31'), id);
CREATE INDEX tasks_firm_updated ON tasks (firm_id, updated_at DESC, id DESC);
CREATE INDEX tasks_firm_title ON tasks (firm_id, title, id);
CREATE INDEX tasks_firm_open ON tasks (firm_id, status, assignee_id) WHERE status NOT IN ('DONE', 'CANCELED');
CREATE INDEX tasks_firm_status ON tasks (firm_id, status, id);
CREATE INDEX tasks_client ON tasks (client_id, coalesce(legal_due_on, '9999-12-31'), id);
CREATE INDEX tasks_assignee ON tasks (assignee_id, coalesce(legal_due_on, '9999-12-31'), id);
CREATE INDEX tasks_department ON tasks (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX tasks_generation ON tasks (generation_id) WHERE generation_id IS NOT NULL;
CREATE INDEX tasks_type_period ON tasks (task_type_id, period_starts_on) WHERE task_type_id IS NOT NULL;
CREATE INDEX tasks_search_fold ON tasks (search_fold);
CREATE INDEX documents_search_fold ON documents (search_fold);
CREATE INDEX task_types_search_fold ON task_types (search_fold);
CREATE INDEX tasks_search ON tasks USING gin (firm_id, search_text gin_trgm_ops);

CREATE INDEX documents_client_due ON documents (client_id, due_on, id);
CREATE INDEX documents_firm_due ON documents (firm_id, due_on, id);
CREATE INDEX documents_client_updated ON documents (client_id, updated_at DESC, id DESC);
CREATE INDEX documents_firm_updated ON documents (firm_id, updated_at DESC, id DESC);
CREATE INDEX documents_client_period ON documents (client_id, period_starts_on, id);
CREATE INDEX documents_folder ON documents (folder_id, name, id);
CREATE INDEX documents_definition ON documents (definition_id) WHERE definition_id IS NOT NULL;
-- What is outstanding, whatever the length of the history.
CREATE INDEX documents_open ON documents (client_id, due_on, id)
    WHERE (direction = 'INPUT' AND state IN ('EXPECTED', 'REJECTED'))
        OR (direction = 'OUTPUT' AND published_at IS NOT NULL AND read_at IS NULL);
CREATE INDEX documents_firm_open ON documents (firm_id, due_on, id)
    WHERE (direction = 'INPUT' AND state IN ('EXPECTED', 'REJECTED'))
        OR (direction = 'OUTPUT' AND published_at IS NOT NULL AND read_at IS NULL);
CREATE INDEX documents_search ON documents USING gin (firm_id, search_text gin_trgm_ops);
CREATE INDEX document_versions_attachment ON document_versions (attachment_id);
CREATE INDEX document_versions_digest ON document_versions (document_id, sha256);

-- Documents come to a client's addresses for documents (F-02).
ALTER TABLE client_recipients DROP CONSTRAINT client_recipients_topic_check;
ALTER TABLE client_recipients ADD CONSTRAINT client_recipients_topic_check CHECK (topic IN ('TICKETS', 'DOCUMENTS'));
