-- A key belongs to its text: a statement that changes the text alone, such as one of a program that knows no keys, empties
-- the key, and it is made anew like any other missing one.
CREATE FUNCTION drop_stale_name_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.name_key := '';
    RETURN NEW;
END $$;
CREATE FUNCTION drop_stale_subject_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.subject_key := '';
    RETURN NEW;
END $$;
CREATE TRIGGER stale_key BEFORE UPDATE OF name ON clients FOR EACH ROW
    WHEN (NEW.name IS DISTINCT FROM OLD.name AND NEW.name_key = OLD.name_key) EXECUTE FUNCTION drop_stale_name_key();
CREATE TRIGGER stale_key BEFORE UPDATE OF name ON departments FOR EACH ROW
    WHEN (NEW.name IS DISTINCT FROM OLD.name AND NEW.name_key = OLD.name_key) EXECUTE FUNCTION drop_stale_name_key();
CREATE TRIGGER stale_key BEFORE UPDATE OF name ON service_items FOR EACH ROW
    WHEN (NEW.name IS DISTINCT FROM OLD.name AND NEW.name_key = OLD.name_key) EXECUTE FUNCTION drop_stale_name_key();
CREATE TRIGGER stale_key BEFORE UPDATE OF name ON staff_members FOR EACH ROW
    WHEN (NEW.name IS DISTINCT FROM OLD.name AND NEW.name_key = OLD.name_key) EXECUTE FUNCTION drop_stale_name_key();
CREATE TRIGGER stale_key BEFORE UPDATE OF subject ON tickets FOR EACH ROW
    WHEN (NEW.subject IS DISTINCT FROM OLD.subject AND NEW.subject_key = OLD.subject_key)
    EXECUTE FUNCTION drop_stale_subject_key();

-- Looked at each minute by each process that works.
CREATE INDEX departments_unkeyed ON departments (id) WHERE name_key = '';
CREATE INDEX service_items_unkeyed ON service_items (id) WHERE name_key = '';
CREATE INDEX staff_members_unkeyed ON staff_members (id) WHERE name_key = '';
