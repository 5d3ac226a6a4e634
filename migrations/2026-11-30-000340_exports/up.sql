-- Files of exports expire; who asked for one sees it.
ALTER TABLE exports ADD COLUMN expires_at timestamptz;
ALTER TABLE exports DROP CONSTRAINT exports_state_check;
ALTER TABLE exports ADD CONSTRAINT exports_state_check CHECK (state IN ('QUEUED', 'READY', 'FAILED', 'EXPIRED'));
ALTER TABLE exports ADD CONSTRAINT exports_file_check CHECK ((file_id IS NOT NULL) = (state IN ('READY', 'EXPIRED')));
DROP INDEX exports_firm;
CREATE INDEX exports_requester ON exports (requested_by, created_at DESC, id DESC);
CREATE UNIQUE INDEX exports_file ON exports (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX exports_queued ON exports (id) WHERE state = 'QUEUED';
CREATE INDEX exports_expiry ON exports (expires_at) WHERE state = 'READY';

ALTER TABLE files DROP CONSTRAINT files_refusal_check;
ALTER TABLE files ADD CONSTRAINT files_refusal_check CHECK (refusal IN ('MISSING', 'WRONG_SIZE',
    'WRONG_CHECKSUM', 'WRONG_TYPE', 'INFECTED', 'UNVERIFIABLE', 'UNUSED', 'EXPIRED'));
ALTER TABLE files DROP CONSTRAINT files_expiry_check;
ALTER TABLE files ADD CONSTRAINT files_expiry_check CHECK (CASE
    WHEN state = 'STAGED' THEN expires_at IS NULL
    WHEN state = 'STORED' OR refusal IN ('UNUSED', 'EXPIRED') THEN true
    ELSE expires_at IS NOT NULL
END);

ALTER TABLE saved_views ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE INDEX saved_views_firm ON saved_views (firm_id, list, created_at, id);
