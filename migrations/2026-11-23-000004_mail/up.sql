-- One mail to one recipient. `cause_id` is the act that is told: for a ticket its change's act.
CREATE TABLE email_deliveries (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    cause_id uuid NOT NULL,
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    account_id uuid REFERENCES accounts (id),
    recipient text,
    recipient_ci text,
    locale text NOT NULL CHECK (locale IN ('pt-BR', 'fr', 'es', 'en')),
    status text NOT NULL CHECK (status IN ('QUEUED', 'SENT', 'FAILED', 'NOT_SENT')),
    reason text CHECK (reason IN ('NO_ADDRESS', 'INVALID_ADDRESS', 'SUPPRESSED_AFTER_BOUNCE',
        'REFUSED', 'ATTEMPTS_EXHAUSTED')),
    message_id text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    smtp_reply text,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    sent_at timestamptz,
    CHECK (status IN ('QUEUED', 'SENT') = (reason IS NULL)),
    CHECK ((sent_at IS NOT NULL) = (status = 'SENT')),
    CHECK ((recipient IS NULL) = (recipient_ci IS NULL)),
    CHECK (recipient IS NOT NULL OR status = 'NOT_SENT')
);
CREATE UNIQUE INDEX email_deliveries_once ON email_deliveries (cause_id, recipient_ci)
    WHERE recipient_ci IS NOT NULL;
CREATE INDEX email_deliveries_cause ON email_deliveries (cause_id);
CREATE INDEX email_deliveries_firm ON email_deliveries (firm_id, created_at DESC, id DESC);
CREATE INDEX email_deliveries_ticket ON email_deliveries (ticket_id, created_at DESC, id DESC);
CREATE INDEX email_deliveries_client ON email_deliveries (client_id, created_at DESC, id DESC);

-- F-06: hard bounces, until the address is corrected or the suppression lifted.
CREATE TABLE email_suppressions (
    firm_id uuid NOT NULL REFERENCES firms (id),
    email_ci text NOT NULL,
    smtp_reply text NOT NULL,
    delivery_id uuid REFERENCES email_deliveries (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (firm_id, email_ci)
);
