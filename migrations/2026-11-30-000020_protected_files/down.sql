ALTER TABLE files DROP COLUMN is_protected;
