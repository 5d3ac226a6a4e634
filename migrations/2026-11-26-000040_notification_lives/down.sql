DELETE FROM notification_preferences WHERE kind = 'CLIENT_FILE';
DELETE FROM email_deliveries WHERE about = 'NOTIFICATION' AND (notification_id IS NULL
    OR notification_id IN (SELECT id FROM notifications WHERE kind = 'CLIENT_FILE'));
DELETE FROM notifications WHERE kind = 'CLIENT_FILE';
UPDATE email_deliveries SET reason = 'NO_ACCESS' WHERE reason = 'NOT_WANTED';
ALTER TABLE notification_preferences
    DROP CONSTRAINT notification_preferences_kind_check,
    ADD CONSTRAINT notification_preferences_kind_check CHECK (kind IN
        ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'TICKET_REOPENED'));
ALTER TABLE notifications
    DROP CONSTRAINT notifications_kind_check,
    ADD CONSTRAINT notifications_kind_check CHECK (kind IN
        ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'TICKET_REOPENED'));
DROP INDEX notifications_read, notifications_old, email_deliveries_notification;
ALTER TABLE email_deliveries
    DROP CONSTRAINT email_deliveries_reason_check,
    ADD CONSTRAINT email_deliveries_reason_check CHECK (reason IN ('NO_ADDRESS', 'INVALID_ADDRESS',
        'SUPPRESSED_AFTER_BOUNCE', 'NO_ACCESS', 'SENDER_FAULT', 'REFUSED', 'ATTEMPTS_EXHAUSTED')),
    DROP CONSTRAINT email_deliveries_notification_id_fkey,
    ADD CONSTRAINT email_deliveries_notification_id_fkey
        FOREIGN KEY (notification_id) REFERENCES notifications (id),
    DROP COLUMN about;
