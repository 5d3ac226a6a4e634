-- Mails and notifications are about a subject: the noun and the id of a thing, as `events` name it. Tickets are the
-- first of these. Kinds of mails and of notifications are known by the program, not by the tables.
ALTER TABLE email_deliveries RENAME COLUMN ticket_id TO subject_id;
ALTER TABLE email_deliveries
    DROP CONSTRAINT email_deliveries_ticket_id_fkey,
    DROP CONSTRAINT email_deliveries_about_check,
    ADD COLUMN subject_noun text NOT NULL DEFAULT 'ticket',
    -- A mail need not be about a client's thing.
    ALTER COLUMN client_id DROP NOT NULL,
    -- The staff member whom a mail tells something: nobody else sees it but those who look after the firm.
    ADD COLUMN staff_id uuid REFERENCES staff_members (id),
    -- What a kind of mail remembers of the act.
    ADD COLUMN facts jsonb NOT NULL DEFAULT '{}';
ALTER TABLE email_deliveries ALTER COLUMN subject_noun DROP DEFAULT;
ALTER INDEX email_deliveries_ticket RENAME TO email_deliveries_subject;

UPDATE email_deliveries SET staff_id = staff.id FROM staff_members AS staff
WHERE email_deliveries.about = 'NOTIFICATION'
    AND staff.firm_id = email_deliveries.firm_id AND staff.account_id = email_deliveries.account_id;
-- The columns `price_minor`, `currency` and `notification_id` are kept for what they hold; nothing reads or writes them
-- any more. The notification of a mail is that of the same act to the same staff member.
UPDATE email_deliveries
SET facts = jsonb_build_object('price', jsonb_build_object('amount_minor', price_minor, 'currency', currency))
WHERE price_minor IS NOT NULL;

ALTER TABLE notifications RENAME COLUMN ticket_id TO subject_id;
ALTER TABLE notifications
    DROP CONSTRAINT notifications_ticket_id_fkey,
    DROP CONSTRAINT notifications_kind_check,
    ADD COLUMN subject_noun text NOT NULL DEFAULT 'ticket';
ALTER TABLE notifications ALTER COLUMN subject_noun DROP DEFAULT;
ALTER TABLE notification_preferences DROP CONSTRAINT notification_preferences_kind_check;
