-- The tables before knew of tickets alone.
DELETE FROM notification_preferences WHERE kind NOT IN
    ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'CLIENT_FILE', 'TICKET_REOPENED');
ALTER TABLE notification_preferences ADD CONSTRAINT notification_preferences_kind_check CHECK (kind IN
    ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'CLIENT_FILE', 'TICKET_REOPENED'));

UPDATE email_suppressions SET delivery_id = NULL WHERE delivery_id IN
    (SELECT id FROM email_deliveries WHERE subject_noun <> 'ticket' OR client_id IS NULL
        OR about NOT IN ('STATUS_CHANGE', 'NOTIFICATION'));
DELETE FROM email_deliveries WHERE subject_noun <> 'ticket' OR client_id IS NULL
    OR about NOT IN ('STATUS_CHANGE', 'NOTIFICATION');
UPDATE email_deliveries SET price_minor = (facts -> 'price' ->> 'amount_minor')::bigint,
    currency = facts -> 'price' ->> 'currency'
WHERE facts -> 'price' ->> 'currency' IS NOT NULL;
UPDATE email_deliveries SET notification_id = told.id FROM notifications AS told
WHERE told.act_id = email_deliveries.cause_id AND told.staff_id = email_deliveries.staff_id
    AND told.subject_noun = 'ticket';
ALTER TABLE email_deliveries RENAME COLUMN subject_id TO ticket_id;
ALTER INDEX email_deliveries_subject RENAME TO email_deliveries_ticket;
ALTER TABLE email_deliveries
    DROP COLUMN facts,
    DROP COLUMN staff_id,
    DROP COLUMN subject_noun,
    ALTER COLUMN client_id SET NOT NULL,
    ADD CONSTRAINT email_deliveries_about_check CHECK (about IN ('STATUS_CHANGE', 'NOTIFICATION')),
    ADD CONSTRAINT email_deliveries_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES tickets (id);

DELETE FROM notifications WHERE subject_noun <> 'ticket';
ALTER TABLE notifications RENAME COLUMN subject_id TO ticket_id;
ALTER TABLE notifications
    DROP COLUMN subject_noun,
    ADD CONSTRAINT notifications_kind_check CHECK (kind IN
        ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'CLIENT_FILE', 'TICKET_REOPENED')),
    ADD CONSTRAINT notifications_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES tickets (id);
