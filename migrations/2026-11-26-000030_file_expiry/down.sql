DROP INDEX files_unsettled;
CREATE INDEX files_unsettled ON files (firm_id) WHERE state IN ('PENDING', 'STAGED');
DROP INDEX files_expiry;
CREATE INDEX files_expiry ON files (expires_at) WHERE state = 'PENDING';
ALTER TABLE files DROP CONSTRAINT files_expiry_check;
UPDATE files SET refusal = 'MISSING' WHERE refusal IN ('UNVERIFIABLE', 'UNUSED');
ALTER TABLE files DROP CONSTRAINT files_refusal_check;
ALTER TABLE files ADD CONSTRAINT files_refusal_check CHECK (refusal IN ('MISSING', 'WRONG_SIZE',
    'WRONG_CHECKSUM', 'WRONG_TYPE', 'INFECTED'));
UPDATE files SET expires_at = created_at + interval '2 hours' WHERE expires_at IS NULL;
ALTER TABLE files ALTER COLUMN expires_at SET NOT NULL;
