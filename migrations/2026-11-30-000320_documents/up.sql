-- A file becomes a version when it is handed in, and counts once it is stored. Its digest is known then at the latest.
ALTER TABLE document_versions
    ALTER COLUMN sha256 DROP NOT NULL,
    ALTER COLUMN is_current SET DEFAULT false,
    ADD COLUMN stored_at timestamptz,
    -- When it was stored, a version with the same content counted already.
    ADD COLUMN is_duplicate boolean NOT NULL DEFAULT false,
    ADD COLUMN rejected_by uuid REFERENCES staff_members (id),
    -- A file that was refused goes with its attachment.
    DROP CONSTRAINT document_versions_attachment_id_fkey,
    ADD CONSTRAINT document_versions_attachment_id_fkey
        FOREIGN KEY (attachment_id) REFERENCES attachments (id) ON DELETE CASCADE,
    ADD CHECK (stored_at IS NOT NULL OR NOT is_current),
    ADD CHECK ((rejected_at IS NULL) = (rejected_by IS NULL));

-- What a person says of a document without a file: that there is nothing to submit, or that what was delivered is right or
-- wrong. The last word; a new file takes it away.
CREATE TABLE document_answers (
    document_id uuid PRIMARY KEY REFERENCES documents (id),
    firm_id uuid NOT NULL REFERENCES firms (id),
    answer text NOT NULL CHECK (answer IN ('NOTHING_TO_SUBMIT', 'APPROVED', 'CONTESTED')),
    at timestamptz NOT NULL,
    by_staff uuid REFERENCES staff_members (id),
    by_access uuid REFERENCES portal_accesses (id),
    comment text,
    CHECK (num_nonnulls(by_staff, by_access) = 1)
);

-- Lists by date have documents without one at their end.
CREATE INDEX documents_client_by_due ON documents (client_id, coalesce(due_on, '9999-12-31'), id);
CREATE INDEX documents_firm_by_due ON documents (firm_id, coalesce(due_on, '9999-12-31'), id);
