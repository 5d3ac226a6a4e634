-- Lists of tasks by title are sorted by keys that the program makes, as the other lists are (sort_keys).
ALTER TABLE tasks ADD COLUMN title_key bytea NOT NULL DEFAULT '';
CREATE INDEX tasks_firm_title_key ON tasks (firm_id, title_key, id);
DROP INDEX tasks_firm_title;
CREATE INDEX tasks_unkeyed ON tasks (id) WHERE title_key = '';
CREATE FUNCTION drop_stale_title_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.title_key := '';
    RETURN NEW;
END $$;
CREATE TRIGGER stale_key BEFORE UPDATE OF title ON tasks FOR EACH ROW
    WHEN (NEW.title IS DISTINCT FROM OLD.title AND NEW.title_key = OLD.title_key) EXECUTE FUNCTION drop_stale_title_key();
