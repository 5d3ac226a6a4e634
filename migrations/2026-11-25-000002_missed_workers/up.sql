-- Since when the holder of an expired lease is missed, and how many runs in a row ended with their worker.
ALTER TABLE jobs
    ADD COLUMN missed_at timestamptz,
    ADD COLUMN crashes integer NOT NULL DEFAULT 0;
-- Jobs that are suspected of crashing their workers are claimed apart.
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (kind, priority DESC, run_at, id) WHERE status = 'READY' AND crashes < 2;
CREATE INDEX jobs_suspect ON jobs (kind, priority DESC, run_at, id) WHERE status = 'READY' AND crashes >= 2;
