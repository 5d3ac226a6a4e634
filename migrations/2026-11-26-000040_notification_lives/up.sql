-- What a mail is about: it stays when the notification of which it told is gone.
ALTER TABLE email_deliveries
    ADD COLUMN about text NOT NULL DEFAULT 'STATUS_CHANGE' CHECK (about IN ('STATUS_CHANGE', 'NOTIFICATION'));
UPDATE email_deliveries SET about = 'NOTIFICATION' WHERE notification_id IS NOT NULL;
ALTER TABLE email_deliveries
    ADD CONSTRAINT email_deliveries_told CHECK (notification_id IS NULL OR about = 'NOTIFICATION'),
    DROP CONSTRAINT email_deliveries_notification_id_fkey,
    ADD CONSTRAINT email_deliveries_notification_id_fkey
        FOREIGN KEY (notification_id) REFERENCES notifications (id) ON DELETE SET NULL,
    DROP CONSTRAINT email_deliveries_reason_check,
    ADD CONSTRAINT email_deliveries_reason_check CHECK (reason IN ('NO_ADDRESS', 'INVALID_ADDRESS',
        'SUPPRESSED_AFTER_BOUNCE', 'NO_ACCESS', 'NOT_WANTED', 'SENDER_FAULT', 'REFUSED', 'ATTEMPTS_EXHAUSTED'));
CREATE INDEX email_deliveries_notification ON email_deliveries (notification_id)
    WHERE notification_id IS NOT NULL;

-- For housekeeping, which looks for old ones.
CREATE INDEX notifications_old ON notifications (at);
CREATE INDEX notifications_read ON notifications (read_at) WHERE read_at IS NOT NULL;

-- The client hands in a file without a message.
ALTER TABLE notifications
    DROP CONSTRAINT notifications_kind_check,
    ADD CONSTRAINT notifications_kind_check CHECK (kind IN
        ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'CLIENT_FILE', 'TICKET_REOPENED'));
ALTER TABLE notification_preferences
    DROP CONSTRAINT notification_preferences_kind_check,
    ADD CONSTRAINT notification_preferences_kind_check CHECK (kind IN
        ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'CLIENT_FILE', 'TICKET_REOPENED'));
