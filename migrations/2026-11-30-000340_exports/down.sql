DROP INDEX saved_views_firm;
ALTER TABLE saved_views DROP COLUMN version;

UPDATE files SET refusal = 'UNUSED' WHERE refusal = 'EXPIRED';
ALTER TABLE files DROP CONSTRAINT files_expiry_check;
ALTER TABLE files ADD CONSTRAINT files_expiry_check CHECK (CASE
    WHEN state = 'STAGED' THEN expires_at IS NULL
    WHEN state = 'STORED' OR refusal = 'UNUSED' THEN true
    ELSE expires_at IS NOT NULL
END);
ALTER TABLE files DROP CONSTRAINT files_refusal_check;
ALTER TABLE files ADD CONSTRAINT files_refusal_check CHECK (refusal IN ('MISSING', 'WRONG_SIZE',
    'WRONG_CHECKSUM', 'WRONG_TYPE', 'INFECTED', 'UNVERIFIABLE', 'UNUSED'));

DROP INDEX exports_expiry;
DROP INDEX exports_queued;
DROP INDEX exports_file;
DROP INDEX exports_requester;
CREATE INDEX exports_firm ON exports (firm_id, created_at DESC, id DESC);
DELETE FROM exports WHERE state = 'EXPIRED';
ALTER TABLE exports DROP CONSTRAINT exports_file_check;
ALTER TABLE exports DROP CONSTRAINT exports_state_check;
ALTER TABLE exports ADD CONSTRAINT exports_state_check CHECK (state IN ('QUEUED', 'READY', 'FAILED'));
ALTER TABLE exports DROP COLUMN expires_at;
