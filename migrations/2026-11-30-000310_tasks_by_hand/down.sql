DROP TRIGGER stale_key ON tasks;
DROP FUNCTION drop_stale_title_key();
DROP INDEX tasks_unkeyed;
DROP INDEX tasks_firm_title_key;
CREATE INDEX tasks_firm_title ON tasks (firm_id, title, id);
ALTER TABLE tasks DROP COLUMN title_key;
