-- D-08: the order of acts on one ticket, whatever the clocks of the processes say: given under the ticket's
-- row lock.
ALTER TABLE ticket_changes ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX ticket_changes_order ON ticket_changes (ticket_id, seq);
DROP INDEX ticket_changes_ticket;
ALTER TABLE ticket_transfers ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX ticket_transfers_order ON ticket_transfers (ticket_id, seq);
DROP INDEX ticket_transfers_ticket;

-- B-15: who opened a ticket sees it.
CREATE INDEX tickets_opener ON tickets (opened_by_staff) WHERE opened_by_staff IS NOT NULL;

-- What people read in order stands as in a dictionary, whatever collation the database was made with.
ALTER TABLE tickets ALTER COLUMN subject TYPE text COLLATE "und-x-icu";
ALTER TABLE clients ALTER COLUMN name TYPE text COLLATE "und-x-icu";
ALTER TABLE staff_members ALTER COLUMN name TYPE text COLLATE "und-x-icu";
ALTER TABLE departments ALTER COLUMN name TYPE text COLLATE "und-x-icu";
ALTER TABLE service_items ALTER COLUMN name TYPE text COLLATE "und-x-icu";

-- What the firm calls a person until the person accepts; then the account's own name. A name that was
-- given elsewhere is none of this firm's business.
ALTER TABLE portal_accesses ADD COLUMN name text;
