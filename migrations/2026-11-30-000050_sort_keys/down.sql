CREATE INDEX tickets_firm_subject ON tickets (firm_id, subject, id);
CREATE INDEX clients_firm_name ON clients (firm_id, name, id);
ALTER TABLE tickets DROP COLUMN subject_key;
ALTER TABLE staff_members DROP COLUMN name_key;
ALTER TABLE service_items DROP COLUMN name_key;
ALTER TABLE departments DROP COLUMN name_key;
ALTER TABLE clients DROP COLUMN name_key;
