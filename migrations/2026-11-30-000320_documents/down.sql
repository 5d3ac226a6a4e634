DROP INDEX documents_firm_by_due;
DROP INDEX documents_client_by_due;
DROP TABLE document_answers;
DELETE FROM document_versions WHERE sha256 IS NULL;
ALTER TABLE document_versions
    DROP COLUMN stored_at, DROP COLUMN is_duplicate, DROP COLUMN rejected_by,
    ALTER COLUMN sha256 SET NOT NULL,
    ALTER COLUMN is_current SET DEFAULT true,
    DROP CONSTRAINT document_versions_attachment_id_fkey,
    ADD CONSTRAINT document_versions_attachment_id_fkey FOREIGN KEY (attachment_id) REFERENCES attachments (id);
