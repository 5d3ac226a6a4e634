-- A digest may be omitted from the declaration of an upload, because browsers compute none on a page without TLS. It is
-- known once the file is stored.
ALTER TABLE files ALTER COLUMN sha256 DROP NOT NULL;
ALTER TABLE files ADD CONSTRAINT files_stored_digest CHECK (sha256 IS NOT NULL OR state <> 'STORED');

-- A person's own uploads, newest first.
CREATE INDEX files_uploader_staff ON files (uploader_staff, created_at DESC, id DESC) WHERE uploader_staff IS NOT NULL;
CREATE INDEX files_uploader_access ON files (uploader_access, created_at DESC, id DESC) WHERE uploader_access IS NOT NULL;
