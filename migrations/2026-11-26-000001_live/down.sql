DROP INDEX events_at;
ALTER TABLE firm_feed DROP COLUMN pruned_to;
