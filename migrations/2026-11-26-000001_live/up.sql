-- Events up to this revision are gone: whoever resumes from before it reloads (F-01).
ALTER TABLE firm_feed ADD COLUMN pruned_to bigint NOT NULL DEFAULT 0;
CREATE INDEX events_at ON events (firm_id, at);
