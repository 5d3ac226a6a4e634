-- Lists are sorted by keys that the program makes (schema/base/src/collation.rs), so that clients can place a changed row
-- as the list does. An empty key waits to be made, right after this migration
-- and then by a reconciler.
ALTER TABLE clients ADD COLUMN name_key bytea NOT NULL DEFAULT '';
ALTER TABLE departments ADD COLUMN name_key bytea NOT NULL DEFAULT '';
ALTER TABLE service_items ADD COLUMN name_key bytea NOT NULL DEFAULT '';
ALTER TABLE staff_members ADD COLUMN name_key bytea NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN subject_key bytea NOT NULL DEFAULT '';

CREATE INDEX clients_firm_name_key ON clients (firm_id, name_key, id);
CREATE INDEX service_items_firm_name_key ON service_items (firm_id, name_key, id);
CREATE INDEX staff_members_firm_name_key ON staff_members (firm_id, name_key, id);
CREATE INDEX tickets_firm_subject_key ON tickets (firm_id, subject_key, id);
DROP INDEX clients_firm_name;
DROP INDEX tickets_firm_subject;

CREATE INDEX clients_unkeyed ON clients (id) WHERE name_key = '';
CREATE INDEX tickets_unkeyed ON tickets (id) WHERE subject_key = '';
