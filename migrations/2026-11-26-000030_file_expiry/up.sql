-- What has no owner goes: `expires_at` is when, unless somebody completes or attaches it before. Only what is being
-- looked at, what is attached, and what is left of a stored file that nobody attached have none.
ALTER TABLE files ALTER COLUMN expires_at DROP NOT NULL;
ALTER TABLE files DROP CONSTRAINT files_refusal_check;
ALTER TABLE files ADD CONSTRAINT files_refusal_check CHECK (refusal IN ('MISSING', 'WRONG_SIZE',
    'WRONG_CHECKSUM', 'WRONG_TYPE', 'INFECTED', 'UNVERIFIABLE', 'UNUSED'));
UPDATE files SET expires_at = CASE
    WHEN state = 'STAGED' THEN NULL
    WHEN state = 'STORED' AND id IN (SELECT file_id FROM attachments) THEN NULL
    WHEN state = 'STORED' THEN now() + interval '7 days'
    ELSE now() + interval '30 days'
END WHERE state <> 'PENDING';
ALTER TABLE files ADD CONSTRAINT files_expiry_check CHECK (CASE
    WHEN state = 'STAGED' THEN expires_at IS NULL
    WHEN state = 'STORED' OR refusal = 'UNUSED' THEN true
    ELSE expires_at IS NOT NULL
END);
DROP INDEX files_expiry;
CREATE INDEX files_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
DROP INDEX files_unsettled;
CREATE INDEX files_unsettled ON files (firm_id)
    WHERE refusal IS NULL AND (state = 'STAGED' OR expires_at IS NOT NULL);
