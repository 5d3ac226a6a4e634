-- Whether a firm has proved by DNS that it may write from the domain of its sender. A proof of another domain than that of
-- `firms.mail_from` counts for nothing.
CREATE TABLE sender_proofs (
    firm_id uuid PRIMARY KEY REFERENCES firms (id),
    domain text NOT NULL,
    -- What the last look found.
    found text NOT NULL CHECK (found IN ('FOUND', 'MISSING', 'DIFFERENT', 'NO_ANSWER')),
    checked_at timestamptz NOT NULL,
    -- Since when it is proved; none while it is not.
    proved_at timestamptz,
    -- When the record of a proved domain was gone; none while it is proved, or if it never was.
    lost_at timestamptz,
    -- When it is looked at again.
    check_at timestamptz NOT NULL
);
CREATE INDEX sender_proofs_check_at ON sender_proofs (check_at);
