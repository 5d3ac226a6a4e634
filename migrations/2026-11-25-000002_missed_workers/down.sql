DROP INDEX jobs_ready, jobs_suspect;
ALTER TABLE jobs DROP COLUMN missed_at, DROP COLUMN crashes;
CREATE INDEX jobs_ready ON jobs (kind, priority DESC, run_at, id) WHERE status = 'READY';
