DROP INDEX files_uploader_access;
DROP INDEX files_uploader_staff;
ALTER TABLE files DROP CONSTRAINT files_stored_digest;
DELETE FROM attachments WHERE file_id IN (SELECT id FROM files WHERE sha256 IS NULL);
DELETE FROM files WHERE sha256 IS NULL;
ALTER TABLE files ALTER COLUMN sha256 SET NOT NULL;
