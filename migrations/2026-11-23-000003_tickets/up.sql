CREATE TABLE service_items (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    department_id uuid REFERENCES departments (id),
    active boolean NOT NULL DEFAULT true,
    search_text text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (firm_id, name)
);

CREATE TABLE ticket_numbers (
    firm_id uuid PRIMARY KEY REFERENCES firms (id),
    last bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE tickets (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    number bigint NOT NULL,
    client_id uuid NOT NULL REFERENCES clients (id),
    opened_by_staff uuid REFERENCES staff_members (id),
    opened_by_access uuid REFERENCES portal_accesses (id),
    service_item_id uuid REFERENCES service_items (id),
    accountant_id uuid REFERENCES staff_members (id),
    assignee_id uuid NOT NULL REFERENCES staff_members (id),
    department_id uuid REFERENCES departments (id),
    subject text NOT NULL,
    description text NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN
        ('OPEN', 'REOPENED', 'IN_ANALYSIS', 'WAITING', 'CANCELED', 'REJECTED', 'FINISHED')),
    is_untouched boolean NOT NULL DEFAULT true,
    last_message_seq integer NOT NULL DEFAULT 0,
    search_text text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at timestamptz,
    UNIQUE (firm_id, number),
    CHECK (num_nonnulls(opened_by_staff, opened_by_access) = 1),
    CHECK ((closed_at IS NOT NULL) = (status IN ('CANCELED', 'REJECTED', 'FINISHED')))
);
CREATE INDEX tickets_firm_updated ON tickets (firm_id, updated_at DESC, id DESC);
CREATE INDEX tickets_firm_created ON tickets (firm_id, created_at DESC, id DESC);
CREATE INDEX tickets_firm_status ON tickets (firm_id, status, id);
CREATE INDEX tickets_firm_price ON tickets (firm_id, price_minor, id);
CREATE INDEX tickets_firm_subject ON tickets (firm_id, subject, id);
CREATE INDEX tickets_client ON tickets (client_id, updated_at DESC, id DESC);
CREATE INDEX tickets_assignee ON tickets (assignee_id, updated_at DESC, id DESC);
CREATE INDEX tickets_department ON tickets (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX tickets_search ON tickets USING gin (firm_id, search_text gin_trgm_ops);

-- D-07. `seq` counts within a ticket, given under the ticket's row lock.
CREATE TABLE ticket_messages (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    seq integer NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('PUBLIC', 'INTERNAL')),
    author_staff uuid REFERENCES staff_members (id),
    author_access uuid REFERENCES portal_accesses (id),
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (ticket_id, seq),
    CHECK (num_nonnulls(author_staff, author_access) = 1),
    CHECK (visibility = 'PUBLIC' OR author_staff IS NOT NULL)
);

-- D-12: how far a person has read; `reader_id` is a staff member or a portal access.
CREATE TABLE ticket_reads (
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    reader_id uuid NOT NULL,
    firm_id uuid NOT NULL REFERENCES firms (id),
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, reader_id)
);

-- D-08: one row a changed field, several with one `act_id` when changed in one act.
CREATE TABLE ticket_changes (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    act_id uuid NOT NULL,
    field text NOT NULL CHECK (field IN ('CREATED', 'STATUS', 'SUBJECT', 'DESCRIPTION', 'PRICE',
        'SERVICE_ITEM', 'ACCOUNTANT', 'ASSIGNEE', 'DEPARTMENT')),
    old_value text,
    new_value text,
    reason text,
    author_staff uuid REFERENCES staff_members (id),
    author_access uuid REFERENCES portal_accesses (id),
    at timestamptz NOT NULL,
    CHECK (num_nonnulls(author_staff, author_access) = 1)
);
CREATE INDEX ticket_changes_ticket ON ticket_changes (ticket_id, at, id);
CREATE INDEX ticket_changes_act ON ticket_changes (act_id);

CREATE TABLE ticket_transfers (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    from_staff uuid NOT NULL REFERENCES staff_members (id),
    to_staff uuid NOT NULL REFERENCES staff_members (id),
    from_department uuid REFERENCES departments (id),
    to_department uuid REFERENCES departments (id),
    note text NOT NULL DEFAULT '',
    by_staff uuid NOT NULL REFERENCES staff_members (id),
    at timestamptz NOT NULL
);
CREATE INDEX ticket_transfers_ticket ON ticket_transfers (ticket_id, at, id);

-- D-10: never two open charges per ticket.
CREATE TABLE charges (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    ticket_id uuid REFERENCES tickets (id),
    description text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    due_on date NOT NULL,
    status text NOT NULL CHECK (status IN ('OPEN', 'PAID', 'CANCELED')),
    paid_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((paid_at IS NOT NULL) = (status = 'PAID'))
);
CREATE UNIQUE INDEX charges_open_ticket ON charges (ticket_id) WHERE status = 'OPEN';
CREATE INDEX charges_ticket ON charges (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX charges_firm_due ON charges (firm_id, due_on, id);
CREATE INDEX charges_client_due ON charges (client_id, due_on, id);

-- D-10: a ticket can collect overdue charges.
CREATE TABLE ticket_collected_charges (
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    charge_id uuid NOT NULL REFERENCES charges (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    PRIMARY KEY (ticket_id, charge_id)
);
CREATE INDEX ticket_collected_charges_charge ON ticket_collected_charges (charge_id);
