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
    -- Since when the record of a proved domain is gone, and how often that was seen; none while it is there. One look that
    -- finds nothing ends no proof.
    missing_since timestamptz,
    missing_times integer NOT NULL DEFAULT 0,
    -- When a proof ended because its record stayed away; none while it is proved, or if it never was.
    lost_at timestamptz,
    -- When it is looked at again.
    check_at timestamptz NOT NULL,
    CHECK ((missing_since IS NULL) = (missing_times = 0)),
    CHECK (proved_at IS NOT NULL OR missing_since IS NULL),
    CHECK (proved_at IS NULL OR lost_at IS NULL)
);
CREATE INDEX sender_proofs_check_at ON sender_proofs (check_at);
